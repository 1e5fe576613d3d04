import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.audit import (
    HttpExchange,
    OutcomeKind,
    Position,
    audit_key,
    dead_letter_headers,
    decode_audit,
    encode,
)
from pipeline.core.outcome import Reason, Stage
from tests.support.audit_entries import AT, assignment_marker, audit_record

FIELDS = [
    *("schema", "outcome", "reason", "stage", "detail", "message_id", "type", "event_name"),
    *("mapping", "action", "part", "parts", "pipeline", "pass", "epoch", "plan", "source"),
    *("event_timestamp", "http", "decided_at", "worker", "has_visitor_code"),
    *("possible_duplicate", "replay_of"),
]
HTTP_FIELDS = ["status", "attempts", "latency_ms", "first_attempt_at", "last_attempt_at"]
NO_ANSWER = HttpExchange(None, 3, 30_000.0, AT, AT)
LONE_SURROGATE = "\ud83d"


def test_a_record_is_written_with_exactly_the_contracts_fields() -> None:
    written = json.loads(encode(audit_record()))

    assert list(written) == FIELDS
    assert list(written["source"]) == ["topic", "partition", "offset", "timestamp_ms"]
    assert list(written["http"]) == [
        "status",
        "attempts",
        "latency_ms",
        "first_attempt_at",
        "last_attempt_at",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"http": None, "replay_of": None, "has_visitor_code": None, "mapping": None, "action": None},
        {
            "http": HttpExchange(None, 3, 30_000.0, AT, AT),
            "outcome": OutcomeKind.FAILED,
            "possible_duplicate": True,
        },
        {"replay_of": Position("segment-events", 2, 9)},
        {"message_id": None, "type": None, "event_name": None, "event_timestamp": None},
        {"reason": "a_reason_of_the_future"},
        {"outcome": OutcomeKind.LOST, "stage": Stage.SOURCE, "lost_through": 12},
    ],
)
def test_what_is_written_is_read_back(changes: dict[str, object]) -> None:
    record = audit_record(**changes)

    assert decode_audit(encode(record)) == record


def test_a_marker_is_read_back() -> None:
    marker = assignment_marker(pass_=3, epoch=4)

    assert decode_audit(encode(marker)) == marker


@given(st.text(), st.text() | st.none(), st.text() | st.none())
def test_any_text_that_fits_is_read_back(detail: str, message_id: str | None, name: str | None) -> None:
    record = audit_record(detail=detail, message_id=message_id, event_name=name)

    assert decode_audit(encode(record)) == record


def test_a_lone_surrogate_is_written_as_the_replacement_character() -> None:
    written = encode(audit_record(event_name=f"Odd {LONE_SURROGATE}", message_id=LONE_SURROGATE))

    assert json.loads(written.decode())["event_name"] == "Odd \ufffd"
    assert audit_key(LONE_SURROGATE) == "\ufffd".encode()


def test_a_surrogate_pair_is_written_as_its_character() -> None:
    assert audit_key("\ud83d\ude00") == "😀".encode()


@pytest.mark.parametrize("field", ["detail", "message_id", "type", "event_name", "event_timestamp"])
def test_a_text_of_the_sender_never_makes_a_record_too_large(field: str) -> None:
    written = encode(audit_record(**{field: "é" * 5_000_000}))

    assert json.loads(written)[field] == "é" * 1023 + "…"
    assert len(written) < 4096


@given(st.binary() | st.none())
def test_no_value_makes_the_reader_raise(value: bytes | None) -> None:
    assert decode_audit(value) is None


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_of_the_wrong_kind_makes_a_record_foreign(name: str) -> None:
    written = json.loads(encode(audit_record())) | {name: []}

    assert decode_audit(json.dumps(written).encode()) is None


@pytest.mark.parametrize("name", ["part", "parts", "pass", "epoch"])
def test_a_truth_value_is_no_number(name: str) -> None:
    written = json.loads(encode(audit_record())) | {name: True}

    assert decode_audit(json.dumps(written).encode()) is None


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_field_makes_a_record_foreign(name: str) -> None:
    written = json.loads(encode(audit_record()))
    del written[name]

    assert decode_audit(json.dumps(written).encode()) is None


def test_an_unknown_field_is_ignored() -> None:
    record = audit_record()
    written = json.loads(encode(record)) | {"added_later": 1}

    assert decode_audit(json.dumps(written).encode()) == record


def test_a_dead_letter_tells_its_story_in_headers() -> None:
    record = audit_record(
        outcome=OutcomeKind.FAILED, reason=Reason.REFUSED, http=HttpExchange(404, 1, 9.0, AT, AT)
    )

    headers = dict(dead_letter_headers(record))

    assert headers["outcome"] == b"failed"
    assert headers["reason"] == b"refused"
    assert (headers["status"], headers["attempts"], headers["failed_at"]) == (b"404", b"1", AT.encode())
    assert (headers["source_topic"], headers["source_partition"], headers["source_offset"]) == (
        b"segment-events",
        b"0",
        b"7",
    )
    assert headers["origin_offset"] == headers["source_offset"]
    assert "original" not in headers


def test_a_replay_that_fails_again_names_where_the_event_first_stood() -> None:
    record = audit_record(replay_of=Position("segment-events", 2, 9))

    headers = dict(dead_letter_headers(record))

    assert (headers["origin_topic"], headers["origin_partition"], headers["origin_offset"]) == (
        b"segment-events",
        b"2",
        b"9",
    )


def test_the_originals_headers_are_kept_and_cannot_pass_for_ours() -> None:
    traces = (("traceparent", b"00-1"), ("traceparent", b"00-2"))
    original = (*traces, ("mapping", b"forged"), ("original", b"forged"))

    headers = dead_letter_headers(replace(audit_record(), mapping=None), original)

    assert headers[:2] == traces
    assert {"mapping", "original"}.isdisjoint(name for name, _ in headers)


def test_a_value_too_large_for_the_broker_is_left_at_its_source() -> None:
    assert dead_letter_headers(audit_record(), at_source=True)[-1] == ("original", b"at-source")
