"""Explaining an event: the flow's own decisions, and why."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from pipeline.core.explain import Explanation, MappingTrace, Origin, explain
from pipeline.core.flow import decide
from pipeline.core.javascript import UNDEFINED
from pipeline.core.outcome import Deliverable, Reason, Rejected
from pipeline.core.plan import MappingDefinition, compile_plan, preset_definitions
from pipeline.core.record import Record
from pipeline.core.trigger_reading import false_conditions
from tests.support.samples import sample_lines

TRACK = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "timestamp": "2026-11-22T06:33:06Z",
    "properties": {"total": 5},
}
ORDERS = MappingDefinition("Orders", 'type = "track" and event = "Order Completed"', "logEvent")


def explained(event: dict[str, Any], *definitions: MappingDefinition) -> Explanation:
    return explain(compile_plan(definitions or preset_definitions()), orjson.dumps(event))


def trace(event: dict[str, Any], definition: MappingDefinition) -> MappingTrace:
    return explained(event, definition).mappings[0]


@pytest.mark.parametrize("name", ["browser-batching", "http"])
def test_it_decides_as_the_flow_does(name: str) -> None:
    plan = compile_plan(preset_definitions())
    for line in sample_lines()[name]:
        assert explain(plan, line).decided == decide(plan, Record("t", 0, 0, 0, None, line))


def test_bytes_that_are_no_event_never_come_to_the_mappings() -> None:
    found = explain(compile_plan([ORDERS]), b"{")
    assert (found.event, found.blocked, found.mappings) == (None, None, ())


def test_an_event_that_its_sender_keeps_back_says_so() -> None:
    found = explained({**TRACK, "integrations": {"All": False}})
    assert found.blocked is not None
    assert found.mappings == ()


def test_every_mapping_says_whether_it_takes_the_event() -> None:
    taken, disabled, other_type, other_name, false = explained(
        TRACK,
        ORDERS,
        replace(ORDERS, name="b", enabled=False),
        replace(ORDERS, name="c", trigger='type = "page" or type = "screen"'),
        replace(ORDERS, name="d", trigger='event = "Signed Up"'),
        replace(ORDERS, name="e", trigger='type = "track" and properties.total > 10'),
    ).mappings
    assert taken.why_not is None
    assert isinstance(taken.decision, Deliverable)
    assert disabled.why_not == "the mapping is disabled"
    assert other_type.why_not == "its trigger takes page, screen, not track"
    assert other_name.why_not == "its trigger takes other event names"
    assert false.why_not == "its trigger is false"
    assert [(found.text, found.found) for found in false.conditions] == [("properties.total > 10", 5)]


@pytest.mark.parametrize(
    "trigger,at_fault",
    [
        ('type = "track" and event = "x"', ['event = "x"']),
        ('event = "x" or event = "y"', ['event = "x"', 'event = "y"']),
        ('type = "track" and (event = "x" or userId != null)', ['event = "x"', "userId != null"]),
        ('type = "track" and properties.total != 5', ["properties.total != 5"]),
        ('type = "track" and !match(event, "Order*")', ['event not_starts_with "Order"']),
        ('type = "track"', []),
    ],
)
def test_the_conditions_at_fault_are_named(trigger: str, at_fault: list[str]) -> None:
    assert [found.text for found in false_conditions(trigger, TRACK)] == at_fault


def test_each_field_tells_its_origin_template_and_value() -> None:
    fields = {"event": {"@template": "order-{{properties.total}}"}, "context": None}
    found = {field.key: field for field in trace(TRACK, replace(ORDERS, fields=fields)).fields}
    assert (found["event"].origin, found["event"].value) == (Origin.OWN, "order-5")
    assert (found["context"].origin, found["context"].value) == (Origin.CLEARED, UNDEFINED)
    assert (found["messageId"].origin, found["messageId"].value) == (Origin.DEFAULT, "m-1")
    assert found["messageId"].template == {"@path": "$.messageId"}
    assert (found["userId"].origin, found["userId"].value) == (Origin.DEFAULT, UNDEFINED)


def test_a_field_whose_directive_fails_says_so_and_the_others_keep_their_values() -> None:
    failing = {"event": {"@path": {"@path": "$.properties.total"}}}
    found = trace(TRACK, replace(ORDERS, fields=failing))
    assert isinstance(found.decision, Rejected)
    assert found.decision.reason is Reason.MAPPING_FAILED
    by_key = {field.key: field for field in found.fields}
    assert by_key["event"].problem is not None
    assert by_key["messageId"].value == "m-1"
