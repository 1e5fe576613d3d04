"""Masked values show how an event is built and nothing of what it holds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.tap.shape import MOST_VALUES, shape
from tests.support.samples import sample_lines

CANARY = "zwölf-Kanarienvögel"
NUMBER = 98_765_432_123
TEXTS = st.text(max_size=5).map(lambda text: text + CANARY)
VALUES = st.recursive(
    TEXTS | st.just(NUMBER) | st.just(NUMBER / 7) | st.none() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=12) | st.dictionaries(st.sampled_from("abcdefgh") | TEXTS, inner, max_size=6)
    ),
    max_leaves=40,
)


def test_every_kind_has_its_word() -> None:
    found: dict[str, Any] = {
        "text": "Ada",
        "no": None,
        "flag": True,
        "count": 3,
        "ratio": 0.5,
        "raw": b"abc",
        "none": [],
    }
    assert shape(found | {"in": {"list": [{"id": "1"}]}}) == {
        "text": "string(3)",
        "no": "null",
        "flag": "true/false",
        "count": "number",
        "ratio": "number",
        "raw": "bytes(3)",
        "none": [],
        "in": {"list": [{"id": "string(1)"}]},
    }


@given(VALUES)
def test_no_text_and_no_number_comes_through(value: Any) -> None:
    told = json.dumps(shape(value), ensure_ascii=False)
    assert CANARY not in told
    assert str(NUMBER)[:6] not in told


def _leaves(value: Any) -> set[str]:
    match value:
        case dict():
            return set().union(*map(_leaves, value.values()))
        case list():
            return set().union(*map(_leaves, value))
        case _:
            return set() if value in ("", None, "null") else {str(value)}


@pytest.mark.parametrize("name", sorted(sample_lines()))
def test_no_value_of_a_captured_event_comes_through(name: str) -> None:
    for text in sample_lines()[name]:
        event = json.loads(text)
        assert len(_leaves(event)) > 3
        assert _leaves(event) & _leaves(shape(event)) == set()


@pytest.mark.parametrize("key", ["orderId", "utm_source", "ga4_client_id", "$set", "First Name", "item.sku"])
def test_names_of_fields_stay(key: str) -> None:
    assert shape({key: 1}) == {key: "number"}


@pytest.mark.parametrize(
    "key", ["ada@example.com", "4242", "a0f3-99e1", "order-10042", "", "Ada\nL", "x" * 41, "é"]
)
def test_names_that_may_be_data_are_masked(key: str) -> None:
    assert shape({key: 1}) == {f"name({len(key)})": "number"}


def test_masked_names_do_not_hide_one_another() -> None:
    assert shape({"1": 1, "2": "", "3": None}) == {
        "name(1)": "number",
        "name(1) 2": "string(0)",
        "name(1) 3": "null",
    }


def test_long_lists_and_objects_are_cut_with_a_count() -> None:
    assert shape([1] * 7) == [*["number"] * 5, "… 2 more"]
    cut = shape(dict.fromkeys([chr(97 + n % 26) * (n // 26 + 1) for n in range(130)], 1))
    assert (len(cut), cut["…"]) == (101, "30 more")


def test_whatever_its_size_and_depth_a_shape_is_small() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    wide = {f"{chr(97 + n)}": [{"a": [1] * 9} for _ in range(9)] for n in range(26)}
    assert len(json.dumps(shape(deep))) < 100
    assert json.dumps(shape([wide] * 5)).count('"number"') <= MOST_VALUES
