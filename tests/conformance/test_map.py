"""Stage map gives what the reference gives, for every recorded case and no more exceptions than listed."""

from typing import Any

import pytest

from pipeline.core.javascript import UNDEFINED
from pipeline.core.mapping import MappingError, compile_mapping
from tests.support.reference_vectors import Vector, compare, load_vectors, revived

_AT_LOAD = {"AggregateError", "ValidationError"}
_OF_THE_RUNTIME = {"TypeError", "RangeError"}


def test_there_are_cases() -> None:
    assert len(load_vectors("map")) == 572
    assert len(load_vectors("liquid")) > 1000


@pytest.mark.parametrize("name", ["map", "liquid"])
def test_every_case_equals_the_reference_or_is_listed(name: str) -> None:
    compare(name, _difference)


def _difference(vector: Vector) -> str | None:
    expected = vector.output
    try:
        mapping = compile_mapping(revived(vector.input["mapping"]))
    except MappingError as refusal:
        if expected["ok"] or not _is_the_refusal(expected["error"], refusal):
            return f"refused when loaded: {refusal}"
        return None
    payload = revived(vector.input.get("payload", {}))
    try:
        if vector.input.get("batch"):
            actual: Any = [mapping.payload(event) for event in payload]
        else:
            actual = mapping.payload(payload)
    except MappingError as failure:
        if expected["ok"] or not _is_the_failure(expected["error"], failure):
            return f"fails on the event: {failure}"
        return None
    if not expected["ok"]:
        return f"gives {actual!r}, where the reference fails: {expected['error']}"
    if not _is_same(actual, revived(expected["output"])):
        return f"gives {actual!r}, not {expected['output']!r}"
    return None


def _is_the_refusal(error: dict[str, Any], refusal: MappingError) -> bool:
    """Each mistake that the reference names is named, and below the place that it points to."""
    if error["name"] in _OF_THE_RUNTIME or error["message"].startswith("The root "):
        return True
    if error["name"] not in _AT_LOAD:
        return False
    texts = [each["message"] for each in error.get("errors", [error])]
    return all(
        any(
            message == f"{problem.message}." and path.rstrip("/") in problem.pointer
            for problem in refusal.problems
        )
        for path, _, message in (text.partition(" ") for text in texts)
    )


def _is_the_failure(error: dict[str, Any], failure: MappingError) -> bool:
    return error["name"] in _OF_THE_RUNTIME or failure.problems[0].message == error["message"]


def _is_same(actual: Any, expected: Any) -> bool:
    """Equal as JSON, undefined and null apart; True is no 1."""
    if isinstance(actual, dict) and isinstance(expected, dict):
        return actual.keys() == expected.keys() and all(_is_same(actual[k], expected[k]) for k in expected)
    if isinstance(actual, list) and isinstance(expected, list):
        return len(actual) == len(expected) and all(map(_is_same, actual, expected))
    if actual is UNDEFINED or expected is UNDEFINED or isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    return bool(actual == expected)
