"""The request that Kameleoon is to receive."""

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.javascript import UNDEFINED
from pipeline.core.request import (
    MAX_LEVELS,
    Unencodable,
    build_body,
    encode_body,
    has_visitor_code,
    is_legal_header_value,
    request_headers,
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=8)
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=())), inner)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.text(max_size=6) | st.just("kameleoonVisitorCode"), json_values, max_size=5)


def test_the_visitor_code_moves_into_the_properties_at_the_end() -> None:
    payload = {"kameleoonVisitorCode": "code", "properties": {"a": 1}, "type": "track"}
    body = build_body(payload)
    assert json.dumps(body) == '{"properties": {"a": 1, "kameleoonVisitorCode": "code"}, "type": "track"}'


def test_a_visitor_code_already_in_the_properties_keeps_its_place_there() -> None:
    payload = {"properties": {"kameleoonVisitorCode": 5, "z": 2}, "kameleoonVisitorCode": "5"}
    assert json.dumps(build_body(payload)) == '{"properties": {"kameleoonVisitorCode": "5", "z": 2}}'


@pytest.mark.parametrize("erased", [None, "", "code", 5])
def test_without_a_visitor_code_in_the_payload_the_properties_lose_theirs(erased: Any) -> None:
    payload = {"properties": {"a": 1, "kameleoonVisitorCode": erased, "b": None}}
    assert build_body(payload) == {"properties": {"a": 1, "b": None}}


def test_properties_are_always_there_and_come_last_if_the_payload_had_none() -> None:
    assert list(build_body({"type": "page", "messageId": "m"}).items())[-1] == ("properties", {})
    assert build_body({"kameleoonVisitorCode": "c"}) == {"properties": {"kameleoonVisitorCode": "c"}}


def test_a_visitor_code_that_is_empty_is_sent_and_does_not_count() -> None:
    assert build_body({"kameleoonVisitorCode": ""}) == {"properties": {"kameleoonVisitorCode": ""}}
    assert not has_visitor_code({"kameleoonVisitorCode": ""})
    assert not has_visitor_code({"properties": {"kameleoonVisitorCode": "erased"}})
    assert has_visitor_code({"kameleoonVisitorCode": "c"})


@given(objects, objects | st.none())
def test_building_a_body_alters_nothing_and_keeps_every_other_value(
    fields: dict[str, Any], properties: dict[str, Any] | None
) -> None:
    payload = {key: value for key, value in fields.items() if key != "properties"}
    if properties is not None:
        payload["properties"] = properties
    before = copy.deepcopy(payload)
    body = build_body(payload)
    assert repr(payload) == repr(before)
    assert set(body) == (set(payload) | {"properties"}) - {"kameleoonVisitorCode"}
    code = "kameleoonVisitorCode"
    assert (code in body["properties"]) is (code in payload)
    for key in set(body) - {"properties"}:
        assert body[key] is payload[key]


@given(objects)
def test_any_body_is_encoded_to_the_same_json(body: dict[str, Any]) -> None:
    """Infinities and NaN become null; every other value is read back as it was."""
    encoded = encode_body(body)
    assert isinstance(encoded, bytes)
    assert _is_text_of(json.loads(encoded), body)


def _is_text_of(read: Any, value: Any) -> bool:
    if isinstance(value, dict):
        return set(read) == set(value) and all(_is_text_of(read[key], value[key]) for key in value)
    if isinstance(value, list):
        return len(read) == len(value) and all(map(_is_text_of, read, value))
    if isinstance(value, float):
        return float(read) == value if math.isfinite(value) else read is None
    return type(read) is type(value) and bool(read == value)


def test_integers_keep_all_their_digits() -> None:
    body = {"safe": 2**53 + 1, "wide": 2**64 - 1, "wider": 12345678901234567890123, "low": -(2**63) - 1}
    assert encode_body(body) == (
        b'{"safe":9007199254740993,"wide":18446744073709551615,'
        b'"wider":12345678901234567890123,"low":-9223372036854775809}'
    )


def test_a_lone_surrogate_is_escaped_and_the_rest_stays_raw() -> None:
    body = {"\ud83d": "é \u2028 \x7f / \udc00\x01\n"}
    assert encode_body(body) == '{"\\ud83d":"é \u2028 \x7f / \\udc00\\u0001\\n"}'.encode()


def test_a_missing_item_is_null_and_a_missing_member_is_left_out() -> None:
    assert encode_body({"a": [1, UNDEFINED], "b": UNDEFINED, "c": {}}) == b'{"a":[1,null],"c":{}}'


@pytest.mark.parametrize(
    "leaf", [1, 2**70, "\ud83d", float("nan")], ids=["plain", "wide", "surrogate", "nan"]
)
@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}], ids=["list", "object"])
def test_bodies_are_encoded_up_to_the_limit_of_levels_and_refused_beyond(
    leaf: Any, wrap: Callable[[Any], Any]
) -> None:
    deepest = encode_body(_nested(leaf, MAX_LEVELS, wrap))
    assert isinstance(deepest, bytes)
    assert isinstance(encode_body(_nested(leaf, MAX_LEVELS + 1, wrap)), Unencodable)
    assert isinstance(encode_body(_nested(leaf, 10_000, wrap)), Unencodable)


def _nested(leaf: Any, levels: int, wrap: Callable[[Any], Any]) -> dict[str, Any]:
    value = leaf
    for _ in range(levels - 1):
        value = wrap(value)
    return {"properties": value}


def test_what_is_refused_names_no_value() -> None:
    refused = encode_body(_nested("secret \ud83d", 300, lambda inner: [inner]))
    assert refused == Unencodable("the body has more than 254 levels of objects and lists")


def test_the_api_key_goes_out_as_it_was_given() -> None:
    assert request_headers("a2V5", "1q2w3e4r5t", "kameleoon-pipeline/0.1.0") == {
        "user-agent": "kameleoon-pipeline/0.1.0",
        "authorization": "Basic a2V5",
        "x-segment-settings": "1q2w3e4r5t",
        "content-type": "application/json",
    }


@pytest.mark.parametrize("legal", ["", "a b\tc~", "\x80\xff", " padded "])
def test_legal_header_values(legal: str) -> None:
    assert is_legal_header_value(legal)


@pytest.mark.parametrize("illegal", ["a\nb", "a\r", "\x00", "\x7f", "\u0100", "\u2603", "\ud83d"])
def test_illegal_header_values(illegal: str) -> None:
    assert not is_legal_header_value(illegal)


def test_a_plain_body_is_orjson_output() -> None:
    """The common way costs no more than orjson does."""
    body = {"type": "track", "properties": {"a": [1, 2.5, None, True]}}
    assert encode_body(body) == orjson.dumps(body)
