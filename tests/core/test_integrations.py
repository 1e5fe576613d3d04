"""The `integrations` object: `All`, the destination's names, and which overrides which."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.integrations import DESTINATION_NAMES, why_blocked

NAMES = pytest.mark.parametrize("name", DESTINATION_NAMES)


def blocked(integrations: Any) -> bool:
    return why_blocked({"type": "track", "integrations": integrations}) is not None


def test_an_event_without_integrations_is_not_blocked() -> None:
    assert why_blocked({"type": "track"}) is None


@pytest.mark.parametrize(
    "integrations",
    [
        *({}, {"All": True}, {"All": None}, {"All": "false"}, {"all": False}, {"Segment.io": False}),
        *({"kameleoon (actions)": False}, {"Kameleoon": False}, None, [], False, 0, "All", ["All"]),
    ],
)
def test_what_does_not_speak_of_kameleoon_does_not_block(integrations: Any) -> None:
    assert not blocked(integrations)


def test_all_false_blocks() -> None:
    assert blocked({"All": False})
    assert blocked({"All": False, "Mixpanel": True})


@NAMES
def test_an_entry_of_the_destination_blocks_by_itself(name: str) -> None:
    assert blocked({name: False})
    assert blocked({"All": True, name: False})


@NAMES
@pytest.mark.parametrize("entry", [True, {"option": 1}, {}])
def test_an_entry_of_the_destination_overrides_all(name: str, entry: Any) -> None:
    assert not blocked({"All": False, name: entry})


@NAMES
def test_a_null_entry_says_nothing(name: str) -> None:
    assert blocked({"All": False, name: None})
    assert not blocked({name: None})


def test_the_first_name_counts_where_both_are_there() -> None:
    first, second = DESTINATION_NAMES
    assert blocked({first: False, second: True})
    assert not blocked({first: True, second: False})


@NAMES
def test_the_sentence_names_the_entry(name: str) -> None:
    sentence = why_blocked({"type": "track", "integrations": {name: False}})
    assert sentence is not None
    assert name in sentence


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["All", *DESTINATION_NAMES, "x"]), inner),
)


@given(JSON_VALUES)
def test_any_integrations_are_answered(integrations: Any) -> None:
    assert isinstance(blocked(integrations), bool)
