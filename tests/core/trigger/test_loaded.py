"""Cases are files: what loads, which events it takes and which it leaves."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.trigger import compile_trigger

_FILES = sorted((Path(__file__).parent / "loaded").glob("*.json"))
_CASES = [
    pytest.param(case, id=f"{path.stem}: {case['text'][:40]!r}")
    for path in _FILES
    for case in json.loads(path.read_bytes())
]


@pytest.mark.parametrize("case", _CASES)
def test_takes_and_leaves(case: dict[str, Any]) -> None:
    trigger = compile_trigger(case["text"])
    taken = [event for event in case["takes"] + case["leaves"] if trigger.matches(event)]
    assert taken == case["takes"]


def test_a_trigger_keeps_its_text() -> None:
    assert compile_trigger(' type = "track"\n').text == ' type = "track"\n'


def test_integers_beyond_doubles_compare_as_javascript_reads_them() -> None:
    """2^53 + 1 is 2^53 to Segment, and an integer of 400 digits is infinite."""
    trigger = compile_trigger("properties.n > 9007199254740992")
    assert not trigger.matches({"properties": {"n": 2**53 + 1}})
    assert trigger.matches({"properties": {"n": 10**400}})
    assert not trigger.matches({"properties": {"n": -(10**400)}})
    assert compile_trigger("properties.n = 9007199254740992").matches({"properties": {"n": 2**53 + 1}})


def test_numbers_that_json_cannot_hold_do_no_harm() -> None:
    event = {"properties": {"nan": float("nan"), "inf": float("inf")}}
    assert compile_trigger("properties.nan != 1").matches(event)
    assert not compile_trigger("properties.nan = 1").matches(event)
    assert compile_trigger("properties.inf > 1").matches(event)


def test_half_a_character_is_a_text_like_any_other() -> None:
    event = {"event": "a\ud83d", "properties": {"smile": "😀"}}
    assert compile_trigger("contains(event, a )").matches(event)
    assert compile_trigger("properties.smile.length = 2").matches(event)
    assert compile_trigger("properties.smile.\\0 != null").matches(event)


@pytest.mark.parametrize("event", [[], "text", 5, True])
def test_what_is_no_object_has_no_fields(event: object) -> None:
    assert compile_trigger('type != "track"').matches(event)
    assert not compile_trigger('type = "track"').matches(event)


def test_null_is_never_taken() -> None:
    assert not compile_trigger('type != "track"').matches(None)
