"""What a tap tells of an event at each stage: where it is, how it ended, and its values masked."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.attempt import Accept, Again, Fail, Step
from pipeline.core.exchange import Answer, Exchange, NoAnswer, NoAnswerKind
from pipeline.core.flow import decide
from pipeline.core.outcome import Deliverable, Reason, Stage
from pipeline.core.plan import MappingDefinition, compile_plan
from pipeline.core.record import Record
from pipeline.core.tap.contents import LARGEST_READ_BYTES
from pipeline.core.tap.line import LONGEST_CONTENTS_BYTES, line, not_shown_line
from pipeline.core.tap.sighting import DECIDING, Sighting, decided_sightings, deliver_sighting

PLAN = compile_plan(
    [
        MappingDefinition("Orders", 'type = "track"', "logEvent", {"event": {"@path": "$.properties.name"}}),
        MappingDefinition("All", 'type = "track"', "logEvent", {}),
    ]
)
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "timestamp": "2026-11-22T06:33:06Z",
    "anonymousId": "canary-a",
    "userId": "canary-u",
    "properties": {"name": "Order", "email": "canary@example.com", "total": 4711},
}
BAD = ORDER | {"properties": {"name": {"canary": 4711}}}


def _record(value: Any) -> Record:
    raw = value if value is None or isinstance(value, bytes) else orjson.dumps(value)
    return Record("events", 3, 42, 0, b"canary-key", raw, (("trace", b"canary"), ("none", None)))


def _told(stage: Stage, value: Any, *, with_values: bool = False) -> list[dict[str, Any]]:
    """The lines of an event at a stage, without what all of them have."""
    record = _record(value)
    seen = decided_sightings(stage, record, decide(PLAN, record))
    lines = [json.loads(line(found, PLAN, 0, with_values=with_values)) for found in seen]
    for told in lines:
        assert (told.pop("at"), told.pop("stage")) == ("1970-01-01T00:00:00.000Z", stage)
        assert (told.pop("topic"), told.pop("partition"), told.pop("offset")) == ("events", 3, 42)
    return lines


NAMES = {"message_id": "m-1", "type": "track", "event_name": "Order Completed"}
TEXTS = {"type": "string(5)", "event": "string(15)", "messageId": "string(3)", "timestamp": "string(20)"}
IDS = {"anonymousId": "string(8)", "userId": "string(8)"}


def test_source_shows_the_record_as_it_was_read() -> None:
    assert _told(Stage.SOURCE, b"\xff") == [
        {
            "contents": {
                "key": "bytes(10)",
                "headers": {"trace": "bytes(6)", "none": "null"},
                "value": "bytes(1)",
            }
        }
    ]
    (shown,) = _told(Stage.SOURCE, b"\xff", with_values=True)
    assert shown["contents"] == {
        "key": "canary-key",
        "headers": {"trace": "canary", "none": None},
        "value": "�",
    }


def test_decode_shows_the_event_or_why_it_is_none() -> None:
    (shown,) = _told(Stage.DECODE, ORDER)
    properties = {"name": "string(5)", "email": "string(18)", "total": "number"}
    assert shown == NAMES | {"contents": TEXTS | IDS | {"properties": properties}}
    (ended,) = _told(Stage.DECODE, b"{")
    assert (ended["outcome"], ended["reason"], ended["contents"]) == ("rejected", "invalid_json", "bytes(1)")


def test_trigger_shows_each_mapping_that_takes_it_or_that_none_does() -> None:
    assert [shown["mapping"] for shown in _told(Stage.TRIGGER, ORDER)] == ["Orders", "All"]
    (ended,) = _told(Stage.TRIGGER, ORDER | {"type": "page"})
    assert (ended["outcome"], ended["reason"], "mapping" in ended) == (
        "filtered",
        "no_mapping_matched",
        False,
    )
    assert _told(Stage.TRIGGER, b"{") == []


def test_map_shows_the_payload_also_where_validate_refuses_it() -> None:
    bad, good = _told(Stage.MAP, BAD)
    assert ("outcome" in bad, bad["contents"]["event"]) == (False, {"canary": "number"})
    assert (good["mapping"], good["contents"]["event"]) == ("All", "string(15)")


def test_validate_shows_the_request_or_why_there_is_none() -> None:
    bad, good = _told(Stage.VALIDATE, BAD)
    assert (bad["mapping"], bad["outcome"], bad["reason"]) == ("Orders", "rejected", "invalid_payload")
    assert "contents" not in bad
    assert good["contents"]["messageId"] == "string(3)"
    assert _told(Stage.VALIDATE, ORDER | {"type": "page"}) == []


def _delivered(step: Step, exchange: Exchange, events: int = 1) -> dict[str, Any]:
    record = _record(ORDER)
    decided = decide(PLAN, record)
    part = decided.parts[0]
    assert isinstance(part, Deliverable)
    seen = deliver_sighting(
        record, decided.summary, part, attempt=2, events=events, exchange=exchange, step=step
    )
    told: dict[str, Any] = json.loads(line(seen, PLAN, 0, with_values=False))
    return told


def test_deliver_shows_the_answer_and_what_follows() -> None:
    taken = _delivered(Accept(), Answer(200))
    assert (taken["outcome"], taken["reason"], taken["status"], taken["attempt"]) == (
        "delivered",
        "accepted",
        200,
        2,
    )
    assert taken["contents"]["event"] == "string(5)"
    refused = _delivered(Fail(Reason.REFUSED, "400 Bad Request"), Answer(400))
    assert (refused["outcome"], refused["reason"]) == ("failed", "refused")
    halved = _delivered(Fail(Reason.REFUSED, "400 Bad Request"), Answer(400), events=2)
    assert ("outcome" in halved, halved["events_in_request"]) == (False, 2)
    assert halved["detail"] == "400 Bad Request: the array is halved"
    again = _delivered(Again(1.25), NoAnswer(NoAnswerKind.TIMEOUT, "no answer in time", bytes_written=True))
    assert ("outcome" in again, "status" in again) == (False, False)
    assert again["detail"] == "no answer in time: again in 1.2 s"


@pytest.mark.parametrize("stage", DECIDING)
@pytest.mark.parametrize("value", [ORDER, BAD, b"{canary", b"\xffcanary", None])
def test_no_value_is_shown_unless_asked_for(stage: Stage, value: Any) -> None:
    for told in _told(stage, value):
        values = {key: found for key, found in told.items() if key not in {"event_name", "message_id"}}
        values["contents"] = _without_names(told.get("contents"))
        assert "canary" not in json.dumps(values)
        assert "4711" not in json.dumps(values)


def _without_names(contents: Any) -> Any:
    match contents:
        case dict():
            return [_without_names(value) for value in contents.values()]
        case list():
            return [_without_names(value) for value in contents]
        case _:
            return contents


@given(st.binary(max_size=40) | st.from_regex(rb'\{"type":"track","event":(".{0,9}"|[0-9]{1,30})\}'))
def test_no_bytes_keep_a_line_from_being_one_line_of_json(value: bytes) -> None:
    record = _record(value)
    for stage in DECIDING:
        for seen in decided_sightings(stage, record, decide(PLAN, record)):
            for with_values in (False, True):
                told = line(seen, PLAN, 0, with_values=with_values)
                assert isinstance(json.loads(told), dict)
                assert b"\n" not in told


def test_what_is_odd_is_shown_digit_by_digit_and_well_formed() -> None:
    value = b'{"type":"track","event":"x\\ud800","n":123456789012345678901234,"far":1e400}'
    (shown,) = _told(Stage.DECODE, value, with_values=True)
    assert (shown["contents"]["n"], shown["contents"]["far"]) == (123456789012345678901234, None)
    assert shown["contents"]["event"] == "x\ud800"


def test_a_large_record_is_not_read_for_a_tap() -> None:
    large = ORDER | {"properties": {"name": "x" * LARGEST_READ_BYTES}}
    size = len(orjson.dumps(large))
    assert _told(Stage.DECODE, large)[0]["contents"] == f"bytes({size})"
    (shown,) = _told(Stage.DECODE, large, with_values=True)
    assert shown["contents"] == f"{size} bytes, too many to be shown"


def test_a_payload_that_grew_large_is_not_shown() -> None:
    many = [{"@path": "$.properties.name"}] * 20
    plan = compile_plan(
        [MappingDefinition("Many", 'type = "track"', "logEvent", {"properties": {"all": many}})]
    )
    record = _record(ORDER | {"properties": {"name": "x" * 20_000}})
    (seen,) = decided_sightings(Stage.MAP, record, decide(plan, record))
    assert len(line(seen, plan, 0, with_values=True)) < LONGEST_CONTENTS_BYTES
    assert b"too many to be shown" in line(seen, plan, 0, with_values=True)


def test_a_mapping_that_is_gone_does_not_keep_its_event_from_being_shown() -> None:
    seen = Sighting(
        stage=Stage.MAP,
        record=_record(ORDER),
        summary=decide(PLAN, _record(ORDER)).summary,
        mapping="x\ud800",
    )
    assert json.loads(line(seen, PLAN, 0, with_values=False))["contents"]["type"] == "string(5)"


def test_what_is_not_shown_is_counted() -> None:
    assert not_shown_line(3) == b'{"not_shown":3}'
