"""JSON as JavaScript writes and reads it."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.javascript import UNDEFINED, text, type_name
from pipeline.core.javascript_json import TooDeepError, json_text, parse_json

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e15, 1e15) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    "value, written",
    [
        ({"b": 1, "2": [], "1": {}, "a": [{}, [1, 2]]}, '{"1":{},"2":[],"b":1,"a":[{},[1,2]]}'),
        ({"a": UNDEFINED, "b": [UNDEFINED, None]}, '{"b":[null,null]}'),
        ({"a": UNDEFINED}, "{}"),
        ([5.0, -0.0, 1e21, 1e-7, 1e16, math.nan, -math.inf], "[5,0,1e+21,1e-7,10000000000000000,null,null]"),
        (2**70, "1180591620717411303424"),
        ('\x01\x1f\b\f\n\r\t"\\/\x7f\u2028é', '"\\u0001\\u001f\\b\\f\\n\\r\\t\\"\\\\/\x7f\u2028é"'),
        ("\ud83d \U0001f600", '"\\ud83d \U0001f600"'),
        (True, "true"),
    ],
)
def test_json_is_written_as_javascript_does(value: Any, written: str) -> None:
    assert json_text(value) == written


def test_undefined_has_no_json() -> None:
    assert json_text(UNDEFINED) is UNDEFINED


@given(_JSON)
def test_what_is_written_is_read_back(value: Any) -> None:
    written = json_text(value)
    assert isinstance(written, str)
    assert parse_json(written) == json.loads(json.dumps(value))


@pytest.mark.parametrize(
    "string", ["", "NaN", "[Infinity]", "{a:1}", "[1,]", "'a'", '"\n"', "01", "\ufeff1", "1 2"]
)
def test_what_is_no_json_is_a_value_error(string: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (any of its kinds)
        parse_json(string)


def test_numbers_are_read_in_full() -> None:
    assert parse_json("[12345678901234567890, 1e400, -0]") == [12345678901234567890, math.inf, 0]


def test_depth_has_a_bound() -> None:
    assert parse_json('{"a":' * 250 + "1" + "}" * 250)
    assert parse_json("[" + "[]," * 400 + "1]")
    for levels in (251, 50_000):
        with pytest.raises(TooDeepError):
            parse_json("[" * levels + "]" * levels)


def test_a_list_of_any_depth_has_a_text() -> None:
    nested: list[Any] = ["x"]
    for _ in range(10_000):
        nested = [nested, None]
    assert text(nested) == "x" + "," * 10_000
    assert text([[], [[]], [1, [UNDEFINED, True]]]) == ",,1,,true"


_KINDS: list[tuple[Any, str]] = [
    (None, "null"),
    (UNDEFINED, "undefined"),
    (True, "boolean"),
    (1, "number"),
    (1.5, "number"),
]
_KINDS += [("", "string"), ([], "array"), ({}, "object")]


@pytest.mark.parametrize("value, name", _KINDS)
def test_kinds_have_the_reference_s_names(value: Any, name: str) -> None:
    assert type_name(value) == name
