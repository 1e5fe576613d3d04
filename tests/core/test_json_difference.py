"""Where one JSON value differs from another."""

import pytest

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED
from pipeline.core.json_difference import Difference, differences


def found(expected: Json, came: Json, *, is_part: bool = False) -> list[Difference]:
    return list(differences(expected, came, is_part=is_part))


@pytest.mark.parametrize("value", [None, True, 5, "x", [], {}, {"a": [1, {"b": None}]}])
def test_a_value_does_not_differ_from_itself(value: Json) -> None:
    assert found(value, value) == found(value, value, is_part=True) == []


def test_five_is_the_same_number_in_both_spellings() -> None:
    assert found({"a": 5}, {"a": 5.0}) == []


@pytest.mark.parametrize(
    "expected, came", [(1, True), (False, 0), ("5", 5), (None, False), ([], {}), ({}, None), ([1], 1)]
)
def test_kinds_differ(expected: Json, came: Json) -> None:
    assert found(expected, came) == found(expected, came, is_part=True) == [Difference("$", expected, came)]


def test_each_place_is_told() -> None:
    expected: Json = {"a": {"b c": [1, 2]}, "gone": None}
    came: Json = {"a": {"b c": [1, 3, 4]}, "more": "x"}
    assert found(expected, came) == [
        Difference('$.a["b c"][1]', 2, 3),
        Difference('$.a["b c"][2]', UNDEFINED, 4),
        Difference("$.gone", None, UNDEFINED),
        Difference("$.more", UNDEFINED, "x"),
    ]


def test_in_a_part_objects_may_hold_more_at_every_level_and_lists_may_not() -> None:
    assert found({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}], "d": 3}, is_part=True) == []
    assert found([1, 2], [1], is_part=True) == [Difference("$[1]", 2, UNDEFINED)]
    assert found([1], [1, 2], is_part=True) == [Difference("$[1]", UNDEFINED, 2)]
