"""From an outcome to its audit record and, where it is due, its dead letter."""

from dataclasses import dataclass
from typing import Final, assert_never

from pipeline.core.audit import (
    AssignmentMarker,
    AuditRecord,
    HttpExchange,
    OutcomeKind,
    SourcePartition,
    SourcePosition,
    dead_letter_headers,
    utc_text,
)
from pipeline.core.outcome import (
    Attempts,
    Deliverable,
    Delivered,
    Expired,
    Failed,
    Filtered,
    Lost,
    Outcome,
    Reason,
    Rejected,
    Stage,
)
from pipeline.core.trace import with_trace
from pipeline.core.value import value_class
from pipeline.engine.assignment import Assignment, Entry
from pipeline.ports import DeadLetter


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: `pipeline` is the consumer group, `plan` the digest of its mappings."""

    pipeline: str
    worker: str
    plan: str


Labels = tuple[Stage, OutcomeKind, Reason]
"""By what outcomes are counted."""

DELIVERED: Final = (Stage.DELIVER, OutcomeKind.DELIVERED, Reason.ACCEPTED)
_EXPIRED: Final = (Stage.DELIVER, OutcomeKind.EXPIRED, Reason.EXPIRED)
_LOST: Final = (Stage.SOURCE, OutcomeKind.LOST, Reason.REMOVED_BY_RETENTION)


@value_class
class _Told:
    """The fields of an audit record that depend on the kind of outcome, its labels aside."""

    detail: str
    mapping: str | None
    action: str | None
    http: HttpExchange | None = None
    has_visitor_code: bool | None = None
    possible_duplicate: bool = False
    lost: Lost | None = None


def labels_of(outcome: Outcome) -> Labels:
    """Stage, kind and reason of an outcome."""
    match outcome:
        case Delivered():
            return DELIVERED
        case Filtered(reason):
            return Stage.TRIGGER, OutcomeKind.FILTERED, reason
        case Rejected(stage, reason):
            return stage, OutcomeKind.REJECTED, reason
        case Failed(_, reason):
            return Stage.DELIVER, OutcomeKind.FAILED, reason
        case Expired():
            return _EXPIRED
        case Lost():
            return _LOST
        case _:
            assert_never(outcome)


def audit_record(
    author: Author, entry: Entry, index: int, outcome: Outcome, decided_at_ms: int
) -> AuditRecord:
    """What the audit topic says of part `index` (from 0) of an entry."""
    told = _tell(outcome)
    stage, kind, reason = labels_of(outcome)
    record, summary = entry.record, entry.decided.summary
    offset = record.offset if told.lost is None else told.lost.first
    return AuditRecord(
        outcome=kind,
        reason=reason,
        stage=stage,
        detail=told.detail,
        message_id=summary.message_id,
        type=summary.type,
        event_name=summary.event_name,
        mapping=told.mapping,
        action=told.action,
        part=index + 1,
        parts=entry.parts,
        pipeline=author.pipeline,
        pass_=entry.assignment.pass_,
        epoch=entry.assignment.epoch,
        plan=author.plan,
        source=SourcePosition(record.topic, record.partition, offset, record.timestamp_ms),
        event_timestamp=summary.timestamp,
        http=told.http,
        decided_at=utc_text(decided_at_ms),
        worker=author.worker,
        has_visitor_code=told.has_visitor_code,
        possible_duplicate=told.possible_duplicate,
        replay_of=entry.decided.replay_of,
        lost_through=None if told.lost is None else told.lost.last,
    )


def assignment_marker(author: Author, assignment: Assignment, now_ms: int) -> AssignmentMarker:
    """The marker that an assignment appends before its first send."""
    return AssignmentMarker(
        pipeline=author.pipeline,
        pass_=assignment.pass_,
        epoch=assignment.epoch,
        source=SourcePartition(*assignment.partition),
        position=assignment.ledger.watermark,
        worker=author.worker,
        at=utc_text(now_ms),
    )


def dead_letter(entry: Entry, audit: AuditRecord) -> DeadLetter | None:
    """The original of what will not be delivered; None for what was delivered or filtered.

    If it is traced, whoever replays it goes on with that trace.
    """
    match audit.outcome:
        case OutcomeKind.REJECTED | OutcomeKind.FAILED | OutcomeKind.EXPIRED:
            record = entry.record
            journey = entry.assignment.journeys.get(record.offset)
            headers = record.headers if journey is None else with_trace(record.headers, journey.context)
            return DeadLetter(record.key, record.value, dead_letter_headers(audit, headers))
        case OutcomeKind.DELIVERED | OutcomeKind.FILTERED | OutcomeKind.LOST:
            return None
        case _:
            assert_never(audit.outcome)


def _tell(outcome: Outcome) -> _Told:
    match outcome:
        case Delivered(part, attempts, is_doubtful):
            return _deliver_stage("", part, attempts, is_doubtful)
        case Filtered(_, detail, mapping, action):
            return _Told(detail, mapping, action)
        case Rejected(_, _, detail, mapping, action):
            return _Told(detail, mapping, action)
        case Lost(first, last):
            detail = f"offsets {first} to {last} were removed before they were read"
            return _Told(detail, None, None, lost=outcome)
        case Failed(part, _, detail, attempts, is_doubtful):
            return _deliver_stage(detail, part, attempts, is_doubtful)
        case Expired(part, detail, expired_attempts, is_doubtful):
            return _deliver_stage(detail, part, expired_attempts, is_doubtful)
        case _:
            assert_never(outcome)


def _deliver_stage(
    detail: str,
    part: Deliverable,
    attempts: Attempts | None,
    is_doubtful: bool,  # noqa: FBT001 (it travels as a field of the outcome)
) -> _Told:
    return _Told(
        detail,
        part.mapping,
        part.action,
        None if attempts is None else _http(attempts),
        part.has_visitor_code,
        is_doubtful,
    )


def _http(attempts: Attempts) -> HttpExchange:
    return HttpExchange(
        status=attempts.status,
        attempts=attempts.count,
        latency_ms=attempts.latency_ms,
        first_attempt_at=utc_text(attempts.first_at_ms),
        last_attempt_at=utc_text(attempts.last_at_ms),
    )
