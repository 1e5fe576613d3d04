"""Records of a known place: what is told of them is complete, or named."""

from dataclasses import dataclass

from pipeline.core.audit import AuditEntry, AuditRecord, Position, SourcePosition, encode
from pipeline.core.reconcile.known import KnownRecords
from tests.support.audit_entries import assignment_marker, audit_record


@dataclass(frozen=True)
class Value:
    """A record of the audit topic."""

    partition: int
    offset: int
    value: bytes | None
    timestamp: int = 0


def outcome(offset: int, partition: int = 0, **changes: object) -> AuditRecord:
    return audit_record(source=SourcePosition("segment-events", partition, offset, 0), **changes)


def test_each_record_is_complete_once_all_its_outcomes_are_there() -> None:
    places = [Position("segment-events", 0, 3), Position("segment-events", 1, 0)]
    known = KnownRecords(places, "kameleoon-abcdefghij")
    first, second = outcome(3, part=1, parts=2, mapping="A"), outcome(3, part=2, parts=2, mapping="B")
    told: list[tuple[int, AuditEntry]] = [
        (0, assignment_marker()),
        (0, first),
        (1, outcome(0, 1)),
        (0, second),
    ]
    counts = []
    for partition, entry in told:
        known.take([Value(partition, 0, encode(entry))])
        counts.append(known.complete)

    assert (counts, known.expected) == ([0, 0, 1, 2], 2)
    assert list(known.findings()) == []


def test_what_is_missing_and_what_nobody_sent_is_named() -> None:
    known = KnownRecords([Position("segment-events", 0, offset) for offset in (1, 3)], "kameleoon-abcdefghij")
    known.take([Value(0, 0, encode(outcome(3))), Value(0, 1, encode(outcome(2))), Value(5, 0, b"?")])

    assert [str(one) for one in known.findings()] == [
        "segment-events partition 0 offset 1: missing, no outcome",
        "segment-events partition 0 offset 2: unexpected, an outcome, and no such record",
    ]
