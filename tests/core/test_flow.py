"""Decode, trigger, map, validate together: one decision for each part, and none that raises."""

import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.decode import Framing
from pipeline.core.event import EVENT_TYPES
from pipeline.core.flow import LONGEST_SUMMARY_TEXT, decide, summarize
from pipeline.core.outcome import NO_SUMMARY, Decided, Deliverable, Filtered, Reason, Rejected, Stage
from pipeline.core.plan import MappingDefinition, Plan, compile_plan, preset_definitions
from pipeline.core.record import Record

PRESETS = compile_plan(preset_definitions())
TRACK = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "timestamp": "2026-11-22T06:33:06Z",
    "anonymousId": "a-1",
    "properties": {"total": 5},
}


def record(value: bytes | None) -> Record:
    return Record("segment-events", 0, 7, 0, None, value)


def decided(event: dict[str, Any], plan: Plan = PRESETS) -> Decided:
    return decide(plan, record(orjson.dumps(event)))


def plan_of(*definitions: MappingDefinition) -> Plan:
    return compile_plan(definitions)


def log_event(name: str, **fields: Any) -> MappingDefinition:
    return MappingDefinition(name, 'type = "track"', "logEvent", fields)


def test_a_track_event_becomes_one_request() -> None:
    (part,) = decided({**TRACK, "userId": "u-1", "properties": {"kameleoonVisitorCode": "c-1"}}).parts
    assert isinstance(part, Deliverable)
    assert (part.mapping, part.action) == ("Track Calls", "logEvent")
    assert part.identities == ("v:c-1", "u:u-1", "a:a-1")
    assert part.has_visitor_code
    assert orjson.loads(part.body)["properties"] == {"kameleoonVisitorCode": "c-1"}


def test_identities_are_those_of_the_mapped_values() -> None:
    plan = plan_of(log_event("x", userId={"@path": "$.properties.customer"}, anonymousId=None))
    (part,) = decided({**TRACK, "userId": "u-1", "properties": {"customer": 5}}, plan).parts
    assert isinstance(part, Deliverable)
    assert part.identities == ("u:5",)
    assert not part.has_visitor_code


def test_bytes_that_are_no_event_are_rejected_once() -> None:
    found = decide(PRESETS, record(b"{"))
    assert found.summary == NO_SUMMARY
    (part,) = found.parts
    assert isinstance(part, Rejected)
    assert (part.stage, part.reason, part.mapping) == (Stage.DECODE, Reason.INVALID_JSON, None)


def test_the_framing_is_that_of_the_plan() -> None:
    plan = compile_plan(preset_definitions(), Framing.CONFLUENT)
    (part,) = decide(plan, record(b"\x00\x00\x00\x00\x01" + orjson.dumps(TRACK))).parts
    assert isinstance(part, Deliverable)


def test_an_event_that_its_sender_keeps_back_is_filtered_once() -> None:
    found = decided({**TRACK, "integrations": {"All": False}})
    (part,) = found.parts
    assert isinstance(part, Filtered)
    assert (part.reason, part.mapping) == (Reason.INTEGRATIONS_BLOCKED, None)
    assert found.summary.message_id == "m-1"


def test_an_event_that_no_mapping_takes_is_filtered_once() -> None:
    (part,) = decided({**TRACK, "type": "alias"}).parts
    assert isinstance(part, Filtered)
    assert (part.reason, part.mapping) == (Reason.NO_MAPPING_MATCHED, None)


def test_a_disabled_mapping_takes_nothing() -> None:
    plan = plan_of(replace(log_event("x"), enabled=False))
    assert [type(part) for part in decided(TRACK, plan).parts] == [Filtered]


@pytest.mark.parametrize(
    "event,reason",
    [
        ({key: value for key, value in TRACK.items() if key != "timestamp"}, Reason.MISSING_TIMESTAMP),
        ({key: value for key, value in TRACK.items() if key != "messageId"}, Reason.MISSING_MESSAGE_ID),
        ({**TRACK, "timestamp": "yesterday"}, Reason.INVALID_PAYLOAD),
        ({**TRACK, "properties": [1, 2]}, Reason.INVALID_PAYLOAD),
    ],
)
def test_an_invalid_payload_is_rejected_under_its_mapping(event: dict[str, Any], reason: Reason) -> None:
    (part,) = decided(event).parts
    assert isinstance(part, Rejected)
    assert (part.stage, part.reason, part.mapping, part.action) == (
        Stage.VALIDATE,
        reason,
        "Track Calls",
        "logEvent",
    )


def test_one_mapping_failing_leaves_the_others_alone() -> None:
    """Rule 8.6: parts are decided each by itself, in the order of the configuration."""
    plan = plan_of(
        log_event("fails", event={"@path": {"@path": "$.properties.total"}}),
        log_event("invalid", timestamp="never"),
        log_event("good"),
    )
    failed, invalid, good = decided(TRACK, plan).parts
    assert isinstance(failed, Rejected)
    assert (failed.stage, failed.reason, failed.mapping) == (Stage.MAP, Reason.MAPPING_FAILED, "fails")
    assert isinstance(invalid, Rejected)
    assert (invalid.stage, invalid.mapping) == (Stage.VALIDATE, "invalid")
    assert isinstance(good, Deliverable)


def test_a_body_that_is_nested_too_deep_is_rejected_under_its_mapping() -> None:
    deep: dict[str, Any] = {**TRACK, "properties": {}}
    inner = deep["properties"]
    for _ in range(245):
        inner["x"] = {}
        inner = inner["x"]
    wrapped: dict[str, Any] = {"@path": "$."}
    for _ in range(10):
        wrapped = {"y": wrapped}
    whole, plain = decided(deep, plan_of(log_event("deep", properties=wrapped), log_event("plain"))).parts
    assert isinstance(whole, Rejected)
    assert whole.reason is Reason.TOO_DEEP
    assert isinstance(plain, Deliverable)


def test_numbers_and_surrogates_reach_the_request_as_they_came() -> None:
    text = orjson.dumps(TRACK).replace(b'"total":5', b'"n":12345678901234567890123,"i":1e400,"s":"\\ud83d"')
    (part,) = decide(PRESETS, record(text)).parts
    assert isinstance(part, Deliverable)
    assert b'"properties":{"n":12345678901234567890123,"i":null,"s":"\\ud83d"}' in part.body


@pytest.mark.parametrize(
    "kind,name", [("track", "E"), ("page", "N"), ("screen", "N"), ("identify", None), ("group", None)]
)
def test_the_summary_names_the_event_by_its_type(kind: str, name: str | None) -> None:
    assert summarize({"type": kind, "event": "E", "name": "N"}).event_name == name


def test_the_summary_holds_texts_only_cut_and_writable() -> None:
    long = "\U0001f389" * (LONGEST_SUMMARY_TEXT + 1)
    found = summarize({"type": "track", "event": long, "messageId": "a\ud83d", "timestamp": 5})
    assert found.event_name == "\U0001f389" * LONGEST_SUMMARY_TEXT
    assert found.message_id == "a\ufffd"
    assert found.timestamp is None


MAPPINGS = plan_of(
    MappingDefinition("any", 'type != "none"', "logEvent", {"event": {"@template": "{{type}}-{{event}}"}}),
    MappingDefinition("whole", 'type != "none"', "logEvent", {"properties": {"@path": "$."}}),
    MappingDefinition(
        "path", "properties.a > 1 or traits.a != null", "group", {"groupId": {"@path": "$.a.0.b"}}
    ),
    MappingDefinition("name", 'contains(name, "a") or match(event, "*a")', "page"),
    *preset_definitions(),
)
KEYS = st.sampled_from(
    [
        *("event", "name", "userId", "anonymousId", "messageId", "timestamp", "properties", "traits"),
        *("context", "integrations", "kameleoonVisitorCode", "groupId", "a", "0", "length", "All"),
    ]
)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec="utf-8") | st.just("\ud83d")),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)
EVENTS = st.builds(
    lambda members, kind: {**members, "type": kind},
    st.dictionaries(KEYS, JSON_VALUES),
    st.sampled_from(sorted(EVENT_TYPES)),
)


def holds(found: Decided) -> None:
    """The laws of every decision: never empty; parts name their mapping; bodies are JSON objects."""
    assert found.parts
    for part in found.parts:
        if len(found.parts) > 1 or isinstance(part, Deliverable):
            assert part.mapping is not None
        if isinstance(part, Deliverable):
            assert part.body.startswith(b"{")
            assert b'"properties":{' in part.body
    for text in (found.summary.message_id, found.summary.event_name, found.summary.timestamp):
        assert text is None or len(text.encode()) <= 4 * LONGEST_SUMMARY_TEXT


@given(st.none() | st.binary())
def test_no_bytes_raise(value: bytes | None) -> None:
    holds(decide(MAPPINGS, record(value)))


@given(EVENTS)
def test_no_event_raises(event: dict[str, Any]) -> None:
    holds(decide(MAPPINGS, record(json.dumps(event).encode())))


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_a_request_over_the_limit_is_not_made(spare: int) -> None:
    """The limit itself passes."""
    value = orjson.dumps(TRACK)
    (free,) = decide(PRESETS, record(value)).parts
    assert isinstance(free, Deliverable)
    plan = compile_plan(preset_definitions(), max_body_bytes=len(free.body) + spare)

    (part,) = decide(plan, record(value)).parts

    if spare >= 0:
        assert part == free
    else:
        assert isinstance(part, Rejected)
        assert (part.stage, part.reason) == (Stage.VALIDATE, Reason.REQUEST_TOO_LARGE)
        assert str(len(free.body)) in part.detail
