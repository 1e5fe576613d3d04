"""What the audit topic says of every event: its two kinds of entries.

The contract is `topics/kameleoon-audit.yaml`; its JSON Schemas are generated from these classes.
No property value, no trait and no secret has a field here.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from pipeline.core.outcome import Stage
from pipeline.core.record import Position
from pipeline.core.value import value_class

AUDIT_SCHEMA: Final = "delivery-audit/1"
ASSIGNMENT_SCHEMA: Final = "assignment/1"


class OutcomeKind(StrEnum):
    """How an event ended under one mapping, or under none."""

    DELIVERED = "delivered"
    FILTERED = "filtered"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class SourcePartition:
    """One partition of a topic that the pipeline reads."""

    topic: str
    partition: int


@value_class
class SourcePosition:
    """Where the audited record stands, and its Kafka timestamp."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


@value_class
class HttpExchange:
    """The attempts at delivery. `status` is null when no answer came; `latency_ms` is the last attempt's."""

    status: int | None
    attempts: int
    latency_ms: float
    first_attempt_at: str
    last_attempt_at: str


@value_class(kw_only=True)
class AuditRecord:
    """One outcome: an event under one mapping (`part` of `parts`), or under none (1 of 1).

    Times are RFC 3339 UTC text (`utc_text`), `event_timestamp` as its sender wrote it. `reason`
    is a code of `core.outcome.Reason`; readers take codes they do not know. `has_visitor_code` is
    null when no request was made. `replay_of` is where a replayed event first stood. `lost_through`
    is there for a `lost` outcome alone: it tells of all offsets from `source.offset` to this one.
    """

    schema: Literal["delivery-audit/1"] = AUDIT_SCHEMA
    outcome: OutcomeKind
    reason: str
    stage: Stage
    detail: str
    message_id: str | None
    type: str | None
    event_name: str | None
    mapping: str | None
    action: str | None
    part: int
    parts: int
    pipeline: str
    pass_: int
    epoch: int
    plan: str
    source: SourcePosition
    event_timestamp: str | None
    http: HttpExchange | None
    decided_at: str
    worker: str
    has_visitor_code: bool | None
    possible_duplicate: bool
    replay_of: Position | None
    lost_through: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentMarker:
    """A worker takes over a source partition: later records of lower epochs are void.

    `position` is the offset it reads from: all records of this pass below it have their outcomes.
    """

    schema: Literal["assignment/1"] = ASSIGNMENT_SCHEMA
    pipeline: str
    pass_: int
    epoch: int
    source: SourcePartition
    position: int
    worker: str
    at: str


AuditEntry = AuditRecord | AssignmentMarker
"""What the audit topic holds."""
