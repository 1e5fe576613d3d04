"""The laws of validation; its results case by case are in tests/conformance."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.actions import ACTIONS
from pipeline.core.validate import (
    Condition,
    Field,
    FieldType,
    Invalid,
    Operator,
    ProblemCode,
    RequiredWhen,
    Valid,
    compile_fields,
)
from pipeline.core.validate.empties import without_empties
from pipeline.core.validate.validator import check_present

MARK = "m4rk"
TIMESTAMPS = ["2024-01-02T03:04:05Z", "2024-02-30T00:00:00Z", "now", ["2024-01-02T03:04:05Z"], 5]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", " ", MARK])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("a"), inner), max_leaves=4
)
keys = sorted({field.key for action in ACTIONS.values() for field in action.fields})
payloads = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(keys, values),
        "timestamp": st.sampled_from(TIMESTAMPS) | values,
        "properties": st.dictionaries(st.sampled_from(["a", "b"]), values) | values,
        "undeclared": values,
        "dynamicAuthSettings": values,
    },
)
plain_payloads = st.fixed_dictionaries(
    {
        **dict.fromkeys(["type", "messageId", "groupId"], st.sampled_from([MARK, "x", ""])),
        "timestamp": st.sampled_from(TIMESTAMPS[:1]),
    },
    optional={"properties": st.dictionaries(st.just("a"), values), "userId": st.just("u") | st.none()},
)
validators = st.sampled_from([action.validator for action in ACTIONS.values()])


@given(validators, payloads | plain_payloads)
def test_the_short_way_and_the_whole_rules_agree(validator: Any, payload: dict[str, Any]) -> None:
    present = without_empties(payload, validator.schema, is_root=True)
    assert repr(validator.validate(payload)) == repr(check_present(present, validator.schema))


@given(validators, payloads)
def test_a_payload_is_never_altered(validator: Any, payload: dict[str, Any]) -> None:
    before = copy.deepcopy(payload)
    validator.validate(payload)
    assert repr(payload) == repr(before)


@given(validators, payloads)
def test_no_text_holds_a_value(validator: Any, payload: dict[str, Any]) -> None:
    said = validator.validate(payload)
    if isinstance(said, Invalid):
        assert said.problems
        assert MARK not in repr(said)


@given(validators, payloads)
def test_a_valid_payload_has_texts_objects_and_all_that_is_required(
    validator: Any, payload: dict[str, Any]
) -> None:
    said = validator.validate(payload)
    if isinstance(said, Valid):
        kept = {key: value for key, value in said.payload.items() if key != "dynamicAuthSettings"}
        assert set(validator.schema.required) <= set(kept) <= set(validator.schema.properties)
        for key, value in kept.items():
            assert type(value) is (dict if key in {"properties", "context"} else str)
        assert [key for key in payload if key in kept] == list(kept)


@given(st.integers() | st.text() | st.none() | st.lists(st.integers()))
def test_what_is_no_object_is_invalid_as_a_whole(payload: Any) -> None:
    said = ACTIONS["page"].validator.validate(payload)
    assert isinstance(said, Invalid)
    assert [(found.path, found.code) for found in said.problems] == [("$", ProblemCode.TYPE)]


@pytest.mark.parametrize("key", ["properties", "context"])
def test_unconstrained_objects_are_shared_and_kept_untouched(key: str) -> None:
    inside = {"null": None, "empty": "", "list": [None, ""], "number": 5}
    payload = {"type": "page", "timestamp": TIMESTAMPS[0], key: inside}
    assert ACTIONS["page"].validator.validate(payload) == Valid(payload)
    said = ACTIONS["page"].validator.validate({**payload, "userId": 5})
    assert isinstance(said, Valid)
    assert said.payload[key] is inside


def test_a_problem_tells_place_text_field_and_code() -> None:
    fields = (
        Field("name", "Name", required=True),
        Field(
            "items",
            "Items",
            FieldType.OBJECT,
            multiple=True,
            properties=(Field("size", "Size", FieldType.INTEGER, required=True),),
        ),
    )
    said = compile_fields(fields).validate({"items": [{"size": 1}, {"size": "x"}, {}]})
    assert isinstance(said, Invalid)
    assert [(p.path, p.pointer, p.field, p.code) for p in said.problems] == [
        ("$", "", "name", ProblemCode.MISSING),
        ("$.items[1].size", "/items/1/size", "size", ProblemCode.TYPE),
        ("$.items[2]", "/items/2", "size", ProblemCode.MISSING),
    ]
    assert said.message == (
        "The root value is missing the required field 'name'. "
        "Size must be an integer but it was a string. "
        "The value at /items/2 is missing the required field 'size'."
    )


def test_infinity_is_no_number_and_has_a_text() -> None:
    fields = (Field("n", "N", FieldType.NUMBER), Field("s", "S"))
    said = compile_fields(fields).validate({"n": float("inf"), "s": float("-inf")})
    assert isinstance(said, Invalid)
    assert said.message == "N must be a number but it was a number."
    assert compile_fields(fields).validate({"s": float("-inf")}) == Valid({"s": "-Infinity"})


def test_integers_beyond_a_double_keep_their_digits_as_text() -> None:
    payload = {"type": "page", "timestamp": TIMESTAMPS[0], "userId": 12345678901234567891}
    said = ACTIONS["page"].validator.validate(payload)
    assert isinstance(said, Valid)
    assert said.payload["userId"] == "12345678901234567891"


def test_true_is_not_one() -> None:
    when = RequiredWhen((Condition("flag", Operator.IS, 1),))
    fields = (
        Field("flag", "Flag", FieldType.BOOLEAN, choices=(True, 0)),
        Field("name", "Name", required=when),
    )
    assert compile_fields(fields).validate({"flag": True}) == Valid({"flag": True})
    said = compile_fields(fields).validate({"flag": 0})
    assert isinstance(said, Invalid)
    assert said.message == "Flag must be one of: true or 0."


def test_an_unknown_format_is_refused_when_fields_are_compiled() -> None:
    with pytest.raises(ValueError, match="unknown format 'date-tim'"):
        compile_fields((Field("t", "T", format="date-tim"),))
