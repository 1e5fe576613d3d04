"""What a mapping hands on: shared values, undefined where JavaScript has it, nothing altered."""

import copy
from typing import Any

import pytest

from pipeline.core.javascript import UNDEFINED
from pipeline.core.mapping import MappingError, compile_mapping

_EVENT = {"a": {"b": [1, {"c": None}]}, "n": None, "list": [{"id": 1}, {"id": 2, "x": {}}], "text": "x"}


@pytest.mark.parametrize(
    "template",
    [
        {"@path": "$.a"},
        {"@literal": {"@path": "$.a"}},
        {"@if": {"exists": {"@path": "$.a"}, "then": {"@path": "$.a"}}},
        {"@json": {"mode": "decode", "value": {"@path": "$.a"}}},
    ],
)
def test_values_of_the_event_are_shared(template: Any) -> None:
    assert compile_mapping({"v": template}).resolve(_EVENT)["v"] is _EVENT["a"]


def test_merged_members_are_shared() -> None:
    merge = {"@merge": {"direction": "right", "objects": [{"@path": "$"}, {"@path": ""}]}}
    assert compile_mapping({"v": merge}).resolve(_EVENT)["v"]["a"] is _EVENT["a"]


def test_undefined_members_are_dropped_and_undefined_items_are_null_in_json() -> None:
    mapping = compile_mapping({"a": {"@path": "$.zz"}, "b": [{"@path": "$.zz"}, {"c": {"@path": "$.zz"}}]})
    assert mapping.payload({}) == {"b": [UNDEFINED, {}]}
    assert mapping.resolve({}) == {"b": [None, {}]}


@pytest.mark.parametrize(
    "template",
    [
        {"@arrayPath": ["$.list", {"@path": "$.x"}]},
        {"@if": {"exists": {"@path": "$.a"}, "then": [{"@path": "$.zz"}]}},
        {"@merge": {"direction": "right", "objects": [{"k": [{"@path": "$.zz"}]}]}},
        {"@flatten": {"separator": ".", "omitArrays": True, "value": {"k": [{"@path": "$.zz"}]}}},
        {"@transform": {"apply": {"k": [{"@path": "$.zz"}]}, "mapping": {"@path": ""}}},
        {"@arrayPath": [[{"k": [{"@path": "$.zz"}]}], {"@path": ""}]},
        {"@excludeWhenNull": {"k": [{"@path": "$.zz"}]}},
    ],
)
def test_no_undefined_is_left_in_a_resolved_mapping(template: Any) -> None:
    if isinstance(template.get("@arrayPath", [""])[0], list):
        template = {"@arrayPath": [{"@literal": template["@arrayPath"][0]}, template["@arrayPath"][1]]}
    mapping = compile_mapping({"v": template})
    assert "undefined" in repr(mapping.payload(_EVENT))
    assert "undefined" not in repr(mapping.resolve(_EVENT))


def test_a_root_directive_gives_what_it_gives() -> None:
    assert compile_mapping({"@path": "$.text"}).resolve(_EVENT) == "x"
    assert compile_mapping({"@path": "$.zz"}).resolve(_EVENT) is None
    assert compile_mapping({"@path": "$.zz"}).payload(_EVENT) is UNDEFINED


def test_a_mapping_stays_as_it_was_when_its_template_changes() -> None:
    template = {"a": [1, {"b": 2}], "c": {"@merge": {"direction": "right", "objects": [{"d": 3}]}}}
    mapping = compile_mapping(template)
    expected = copy.deepcopy(mapping.resolve({}))
    template["a"].append(5)  # type: ignore[attr-defined]  # a list in a mixed dict
    template["c"]["@merge"]["objects"][0]["d"] = 9  # type: ignore[index]  # the same
    mapping.resolve({})["a"].append("altered")
    assert mapping.resolve({}) == expected


@pytest.mark.parametrize("event, kind", [(None, "null"), ([], "array"), ("x", "string"), (5, "number")])
def test_only_an_object_is_an_event(event: Any, kind: str) -> None:
    with pytest.raises(MappingError, match=f"data must be an object, got {kind}"):
        compile_mapping({}).resolve(event)


@pytest.mark.parametrize(
    "template, pointer, message",
    [
        ({"@path": {"@path": "$.secret.n"}}, "/v/@path", "@path: expected string, got number"),
        ({"@template": {"@path": "$.secret"}}, "/v/@template", "@template: expected string, got object"),
        (
            {"@arrayPath": ["$.items", {"@transform": {"apply": {"a": 1}, "mapping": {"b": 2}}}]},
            "/v/@arrayPath/1/@transform",
            "data must be an object, got string",
        ),
    ],
)
def test_a_failure_names_the_place_in_the_mapping_and_kinds_only(
    template: Any, pointer: str, message: str
) -> None:
    with pytest.raises(MappingError) as failure:
        compile_mapping({"v": template}).resolve({"secret": {"n": 417417}, "items": ["classified"]})
    (problem,) = failure.value.problems
    assert (problem.pointer, problem.message) == (pointer, message)
    assert "417417" not in str(failure.value)
    assert "classified" not in str(failure.value)
