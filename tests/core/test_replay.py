"""A replay is decided by the configuration of today, under the one mapping that failed."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.dead_letter import Origin, Rank, replay_headers
from pipeline.core.flow import decide
from pipeline.core.outcome import Decided, Deliverable, Filtered, Reason, Rejected, Stage
from pipeline.core.plan import MappingDefinition, Plan, compile_plan
from pipeline.core.published_text import LONGEST
from pipeline.core.record import Headers, Position, Record
from pipeline.core.replay import PASSED_BY, Inbox, decide_read
from tests.support.audit_entries import AT

INBOX = Inbox("kameleoon-replays", "kameleoon-tests")
FIRST = Position("segment-events", 3, 41)
TRACK = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "timestamp": "2026-11-22T06:33:06Z",
    "anonymousId": "a-1",
}


def mapping(name: str, trigger: str = 'type = "track"', *, enabled: bool = True) -> MappingDefinition:
    return MappingDefinition(name, trigger, "logEvent", enabled=enabled)


PLAN = compile_plan(
    [mapping("Orders"), mapping("Carts"), mapping("Off", enabled=False), mapping("Pages", 'type = "page"')]
)


def replay(value: bytes, name: str | None, pipeline: str = INBOX.pipeline) -> Record:
    headers = replay_headers(Origin(pipeline, name, FIRST), Rank(1, 1), AT)
    return Record(INBOX.topic, 3, 0, 0, b"a-1", value, headers)


def decided(event: dict[str, Any], name: str | None, plan: Plan = PLAN) -> Decided:
    return decide_read(plan, replay(orjson.dumps(event), name), INBOX)


def test_an_event_of_the_events_topic_is_decided_under_all_mappings() -> None:
    event = Record("segment-events", 3, 41, 0, None, orjson.dumps(TRACK), replay(b"", "Orders").headers)

    assert decide_read(PLAN, event, INBOX) == decide(PLAN, event)


def test_only_the_named_mapping_is_delivered() -> None:
    found = decided(TRACK, "Carts")

    (part,) = found.parts
    assert isinstance(part, Deliverable)
    assert part.mapping == "Carts"
    assert found.replay_of == FIRST
    assert found.summary.message_id == "m-1"


def test_without_a_mapping_all_are_asked_anew() -> None:
    found = decided(TRACK, None)

    assert [part.mapping for part in found.parts] == ["Orders", "Carts"]
    assert found.replay_of == FIRST


@pytest.mark.parametrize("name", ["Gone", "Off"])
def test_a_mapping_that_is_gone_or_off_is_unknown(name: str) -> None:
    (part,) = decided(TRACK, name).parts

    assert isinstance(part, Rejected)
    assert (part.stage, part.reason, part.mapping) == (Stage.TRIGGER, Reason.MAPPING_UNKNOWN, name)


def test_a_trigger_that_no_longer_takes_the_event_filters_it() -> None:
    (part,) = decided(TRACK, "Pages").parts

    assert isinstance(part, Filtered)
    assert (part.reason, part.mapping, part.action) == (Reason.NO_MAPPING_MATCHED, "Pages", "logEvent")


def test_an_event_that_its_sender_keeps_from_kameleoon_stays_so() -> None:
    (part,) = decided({**TRACK, "integrations": {"All": False}}, "Orders").parts

    assert isinstance(part, Filtered)
    assert (part.reason, part.mapping) == (Reason.INTEGRATIONS_BLOCKED, "Orders")


def test_what_cannot_be_decoded_keeps_its_mapping() -> None:
    """Else its next replay would deliver it under the other mappings once more."""
    (part,) = decide_read(PLAN, replay(b"{", "Orders"), INBOX).parts

    assert isinstance(part, Rejected)
    assert (part.reason, part.mapping) == (Reason.INVALID_JSON, "Orders")


@pytest.mark.parametrize(
    "headers", [(), (("schema", b"else"),), replay(b"", "Orders", "another-pipeline").headers]
)
def test_what_is_not_ours_is_passed_by(headers: Headers) -> None:
    record = Record(INBOX.topic, 0, 0, 0, None, orjson.dumps(TRACK), headers)

    assert decide_read(PLAN, record, INBOX) is PASSED_BY


@given(
    st.binary() | st.just(orjson.dumps(TRACK)),
    st.text(st.characters(codec="utf-8"), min_size=1) | st.just("Orders"),
)
def test_any_bytes_under_any_mapping_come_to_one_end_which_names_it(value: bytes, name: str) -> None:
    found = decide_read(PLAN, replay(value, name), INBOX)

    assert [part.mapping for part in found.parts] == [name]


def test_a_name_of_any_length_is_cut_for_the_audit() -> None:
    (part,) = decided(TRACK, "x" * 1_000_000).parts

    assert part.mapping is not None
    assert len(part.mapping) == 1024


_HEADERS = "schema pipeline mapping origin_topic origin_partition origin_offset origin_pass generation"
_FORGED = st.one_of(
    st.none(),
    st.binary(max_size=30),
    st.sampled_from(
        [b"replay/1", b"dead-letter/1", b"kameleoon-tests", b"Orders", b"0", b"9" * 19, b"9" * 5000]
    ),
)


@given(st.dictionaries(st.sampled_from(sorted(_HEADERS.split())), _FORGED))
def test_forged_headers_come_to_an_end_that_can_be_told(forged: dict[str, bytes | None]) -> None:
    whole = dict(replay(b"", "Orders").headers)
    record = Record(INBOX.topic, 3, 0, 0, None, orjson.dumps(TRACK), tuple((whole | forged).items()))

    decided = decide_read(PLAN, record, INBOX)

    assert decided is PASSED_BY or decided.parts
    if decided.replay_of is not None:
        orjson.dumps(decided.replay_of)
        assert len(decided.replay_of.topic) <= LONGEST
    assert all(len(part.mapping or "") <= LONGEST for part in decided.parts)
