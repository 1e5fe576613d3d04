"""What a trace tells of an event: what the audit tells, by OpenTelemetry's names."""

from dataclasses import replace

import pytest

from pipeline.core.audit import OutcomeKind
from pipeline.core.exchange import Answer, NoAnswer, NoAnswerKind
from pipeline.core.outcome import Decided, EventSummary
from pipeline.core.record import Position, Record
from pipeline.core.trace_attributes import (
    answer_attributes,
    attempt_attributes,
    gravest,
    outcome_attributes,
    record_attributes,
    went_wrong,
)
from tests.support.audit_entries import audit_record

RECORD = Record("events", 3, 42, 0, b"user-1", b"{}", ())
SUMMARY = EventSummary("m-1", "track", "Order Completed", None)


def test_a_record_is_told_by_its_place_and_its_name_for_itself() -> None:
    assert record_attributes(RECORD, Decided(SUMMARY, ()), "group") == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": "group",
        "messaging.destination.name": "events",
        "messaging.destination.partition.id": "3",
        "messaging.kafka.offset": 42,
        "messaging.message.body.size": 2,
        "messaging.message.id": "m-1",
        "segment.event.type": "track",
    }


def test_a_replay_tells_where_its_event_first_stood() -> None:
    replayed = Decided(SUMMARY, (), Position("events", 1, 7))
    assert record_attributes(RECORD, replayed, "group")["kameleoon.replay_of"] == "events-1-7"


def test_a_record_without_a_value_is_told_as_such() -> None:
    nothing = Record("events", 3, 42, 0, None, None, ())
    told = record_attributes(nothing, Decided(EventSummary(None, None, None, None), ()), "group")
    assert (told["messaging.kafka.message.tombstone"], told["messaging.message.body.size"]) == (True, 0)
    assert "messaging.message.id" not in told


@pytest.mark.parametrize("message_id", ["\ud800", "x" * 5000, "\x00"])
def test_texts_are_well_formed_and_bounded(message_id: str) -> None:
    summary = replace(SUMMARY, message_id=message_id)
    told = record_attributes(RECORD, Decided(summary, ()), "group")["messaging.message.id"]
    assert isinstance(told, str)
    assert len(told.encode()) < 4096


def test_first_attempts_of_one_event_say_no_more_than_they_must() -> None:
    assert attempt_attributes("Tracks", 1, 1) == {
        "http.request.method": "POST",
        "kameleoon.mapping": "Tracks",
    }
    more = attempt_attributes("Tracks", 3, 20)
    assert (more["http.request.resend_count"], more["messaging.batch.message_count"]) == (2, 20)


def test_answers_are_told_by_status_or_by_why_there_is_none() -> None:
    assert answer_attributes(Answer(200)) == {"http.response.status_code": 200}
    assert answer_attributes(Answer(503)) == {"http.response.status_code": 503, "error.type": "503"}
    lost = NoAnswer(NoAnswerKind.TIMEOUT, "no answer in 10 s", bytes_written=True)
    assert answer_attributes(lost) == {"error.type": "timeout"}


def test_an_outcome_is_told_with_its_request() -> None:
    told = outcome_attributes(audit_record())
    assert (told["kameleoon.outcome"], told["kameleoon.reason"]) == ("delivered", "accepted")
    assert (told["http.response.status_code"], told["kameleoon.attempts"]) == (200, 1)
    assert "error.type" not in told


def test_what_went_wrong_is_told_before_what_went_well() -> None:
    delivered, failed = audit_record(), audit_record(outcome=OutcomeKind.FAILED, reason="refused")
    assert gravest([delivered, failed, delivered]) == failed
    assert gravest([]) is None
    assert (went_wrong(failed), went_wrong(delivered)) == (True, False)
    assert outcome_attributes(failed)["error.type"] == "refused"


def test_every_kind_of_outcome_has_its_gravity() -> None:
    for kind in OutcomeKind:
        assert gravest([audit_record(outcome=kind)]) is not None
