"""The compiled plan: all mistakes at once, each with its place; the index; the digest; the warnings."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.core.actions import ACTIONS
from pipeline.core.decode import Framing
from pipeline.core.event import EVENT_TYPES
from pipeline.core.plan import (
    MAX_MAPPINGS,
    MappingDefinition,
    Plan,
    PlanError,
    PlanProblem,
    compile_plan,
    preset_definitions,
)
from pipeline.core.plan_problem import path_of
from pipeline.core.plan_warnings import plan_warnings

ORDERS = MappingDefinition("Orders", 'type = "track" and event = "Order Completed"', "logEvent")


def problems(*definitions: MappingDefinition) -> tuple[PlanProblem, ...]:
    with pytest.raises(PlanError) as caught:
        compile_plan(definitions)
    return caught.value.problems


def warnings(*definitions: MappingDefinition) -> list[tuple[int, tuple[str | int, ...]]]:
    return [(found.mapping, found.path) for found in plan_warnings(compile_plan(definitions))]


def names(plan: Plan, event: dict[str, Any]) -> list[str]:
    return [mapping.name for mapping in plan.candidates(event)]


def test_the_presets_compile_in_their_order_without_a_warning() -> None:
    plan = compile_plan(preset_definitions())
    assert [mapping.name for mapping in plan.mappings] == [
        "Track Calls",
        "Page Calls",
        "Group Calls",
        "Identify Calls",
    ]
    assert plan_warnings(plan) == ()


def test_a_template_is_the_defaults_with_the_own_fields_over_them_in_the_order_of_the_action() -> None:
    fields = {"context": None, "event": "fixed"}
    (mapping,) = compile_plan([replace(ORDERS, fields=fields)]).mappings
    defaults = ACTIONS["logEvent"].default_mapping
    expected = {
        key: "fixed" if key == "event" else value for key, value in defaults.items() if key != "context"
    }
    assert list(mapping.template.items()) == list(expected.items())


def test_every_problem_of_every_mapping_is_told_at_once() -> None:
    found = problems(
        replace(ORDERS, trigger='type = "track" AND x', fields={"Event": 1, "context": {"@paht": "$.x"}}),
        replace(ORDERS, action="logevent"),
        MappingDefinition("Third", "", "purchase"),
    )
    assert [(problem.mapping, problem.path) for problem in found] == [
        (0, ("trigger",)),
        (0, ("fields", "Event")),
        (0, ("fields", "context")),
        (1, ("name",)),
        (1, ("action",)),
        (2, ("trigger",)),
        (2, ("action",)),
    ]


def test_a_trigger_problem_has_line_column_and_hint() -> None:
    (found,) = problems(replace(ORDERS, trigger='type = "track"\n  AND event = "x"'))
    assert (found.line, found.column) == (2, 3)
    assert "and" in found.hint


@pytest.mark.parametrize(
    "definition,hint",
    [
        (replace(ORDERS, action="logevent"), "did you mean `logEvent`?"),
        (replace(ORDERS, fields={"visitorCode": 1}), "did you mean `kameleoonVisitorCode`?"),
        (replace(ORDERS, fields={"enable_batching": True}), "known: anonymousId"),
    ],
)
def test_an_unknown_name_gets_the_nearest_known_one(definition: MappingDefinition, hint: str) -> None:
    (found,) = problems(definition)
    assert hint in found.hint


def test_a_mistake_in_a_directive_has_its_path_inside_the_mapping() -> None:
    (found,) = problems(replace(ORDERS, fields={"event": {"@template": 5}}))
    assert found.path[:2] == ("fields", "event")


def test_a_disabled_mapping_is_checked_too() -> None:
    assert problems(replace(ORDERS, trigger="", enabled=False))[0].path == ("trigger",)


def test_fifty_mappings_are_allowed_and_no_more() -> None:
    many = [replace(ORDERS, name=f"m{number}") for number in range(MAX_MAPPINGS + 1)]
    assert len(compile_plan(many[:-1]).mappings) == MAX_MAPPINGS
    (found,) = problems(*many)
    assert (found.mapping, found.path) == (MAX_MAPPINGS, ())


def test_candidates_are_those_of_the_type_and_event_name_in_the_order_of_the_configuration() -> None:
    plan = compile_plan(
        [
            MappingDefinition("all", 'type = "track"', "logEvent"),
            ORDERS,
            MappingDefinition("page", 'type = "page"', "page"),
            MappingDefinition("other", 'type = "track" and event = "Signed Up"', "logEvent"),
            MappingDefinition("off", 'type = "track"', "logEvent", enabled=False),
            MappingDefinition("any", 'properties.x = "y"', "logEvent"),
        ]
    )
    assert names(plan, {"type": "track", "event": "Order Completed"}) == ["all", "Orders", "any"]
    assert names(plan, {"type": "track", "event": "Signed Up"}) == ["all", "other", "any"]
    assert names(plan, {"type": "track", "event": "else"}) == ["all", "any"]
    assert names(plan, {"type": "track", "event": ["Signed Up"]}) == ["all", "any"]
    assert names(plan, {"type": "track"}) == ["all", "any"]
    assert names(plan, {"type": "page", "event": "Signed Up"}) == ["page", "any"]


TRIGGERS = (
    'type = "track"',
    'type != "track"',
    'event = "A"',
    'event != "A"',
    'type = "track" and (event = "A" or event = "B")',
    'type = "page" or event = "B"',
    'contains(event, "A")',
    'match(event, "*B")',
    "properties.n > 1",
    'type = "alias" and userId != null',
)


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
@pytest.mark.parametrize("name", ["A", "B", "AB", "", None, 5, ["A"], {"A": 1}])
def test_no_trigger_matches_that_is_not_a_candidate(kind: str, name: Any) -> None:
    """Law: the index never hides a mapping whose trigger matches."""
    plan = compile_plan([MappingDefinition(text, text, "page") for text in TRIGGERS])
    for number in (0, 5):
        event = {"type": kind, "event": name, "userId": "u", "properties": {"n": number}}
        matching = [mapping.name for mapping in plan.mappings if mapping.trigger.matches(event)]
        asked = [mapping.name for mapping in plan.candidates(event) if mapping.trigger.matches(event)]
        assert asked == matching


def test_the_digest_is_stable_and_tells_mappings_apart() -> None:
    assert compile_plan([ORDERS]).digest == compile_plan([replace(ORDERS)], Framing.CONFLUENT).digest
    others = [
        replace(ORDERS, name="x"),
        replace(ORDERS, trigger='type = "page"'),
        replace(ORDERS, action="page"),
        replace(ORDERS, fields={"context": None}),
        replace(ORDERS, enabled=False),
    ]
    digests = {compile_plan([definition]).digest for definition in (ORDERS, *others)}
    assert len(digests) == len(others) + 1


def test_the_digest_does_not_depend_on_the_order_of_fields() -> None:
    one = replace(ORDERS, fields={"context": None, "event": "x"})
    two = replace(ORDERS, fields={"event": "x", "context": None})
    assert compile_plan([one]).digest == compile_plan([two]).digest


def test_no_enabled_mapping_is_warned_of() -> None:
    assert warnings(replace(ORDERS, enabled=False)) == [(0, ("enabled",))]
    assert warnings() == [(0, ())]


def test_a_mapping_that_erases_the_visitor_code_is_warned_of() -> None:
    code = ("fields", "kameleoonVisitorCode")
    assert warnings(replace(ORDERS, fields={"kameleoonVisitorCode": None})) == [(0, code)]
    own = {"properties": {"@path": "$.context.extra"}}
    assert warnings(replace(ORDERS, fields=own)) == [(0, code)]


@pytest.mark.parametrize(
    "fields",
    [
        {"kameleoonVisitorCode": None, "properties": None},
        {"properties": {"@path": "$.traits"}},
        {"properties": {"@path": "$.context.x"}, "kameleoonVisitorCode": {"@path": "$.userId"}},
    ],
)
def test_a_mapping_that_keeps_the_visitor_code_or_means_another_is_not_warned_of(
    fields: dict[str, Any],
) -> None:
    assert warnings(replace(ORDERS, fields=fields)) == []


@pytest.mark.parametrize("trigger", ['type = "page" and type = "track"', 'event = "a" and event = "b"'])
def test_a_trigger_that_takes_no_event_is_warned_of(trigger: str) -> None:
    assert warnings(replace(ORDERS, trigger=trigger)) == [(0, ("trigger",))]


@pytest.mark.parametrize(
    "trigger,told",
    [
        ('type = "page" or (type = "Track" and userId != null)', [("`Track`", 'write `"track"`')]),
        ("type != click", [("`click`", "types are alias, delete, group, identify, page, screen, track")]),
        ('type = "TRACK "', [("`TRACK `", 'write `"track"`')]),
        ('type contains "ack" and event = "Track"', []),
    ],
)
def test_a_type_that_no_event_has_is_warned_of_once(trigger: str, told: list[tuple[str, str]]) -> None:
    found = plan_warnings(compile_plan([replace(ORDERS, trigger=trigger)]))
    expected = [(("trigger",), f"no event has the type {shown}", hint) for shown, hint in told]
    assert [(warning.path, warning.message, warning.hint) for warning in found] == expected


def test_a_cleared_field_that_the_action_requires_is_warned_of() -> None:
    assert warnings(replace(ORDERS, fields={"timestamp": None})) == [(0, ("fields", "timestamp"))]


def test_a_pointer_becomes_a_path() -> None:
    template = {"a/b": [{"~c": 1}], "5": {}}
    assert path_of("/a~1b/0/~0c", template) == ("a/b", 0, "~c")
    assert path_of("/5/7", template) == ("5", "7")
    assert path_of("", template) == ()
