"""What a trace tells of an event, by OpenTelemetry's names where it has some: what the audit tells, no more.

https://opentelemetry.io/docs/specs/semconv/messaging/kafka and .../http
"""

from collections.abc import Iterable, Mapping
from typing import Final

from pipeline.core.audit_record import AuditRecord, OutcomeKind
from pipeline.core.exchange import Answer, Exchange
from pipeline.core.outcome import Decided
from pipeline.core.published_text import cut, utf8
from pipeline.core.record import Record

Attributes = Mapping[str, str | int | bool]
"""Names and values; texts are well-formed and of bounded length."""

_FIRST_ERROR: Final = 400
_GRAVITY: Final = (
    OutcomeKind.FILTERED,
    OutcomeKind.DELIVERED,
    OutcomeKind.EXPIRED,
    OutcomeKind.REJECTED,
    OutcomeKind.FAILED,
    OutcomeKind.LOST,
)
_FINE: Final = (OutcomeKind.FILTERED, OutcomeKind.DELIVERED)


def record_attributes(record: Record, decided: Decided, group: str) -> Attributes:
    """Where a record was read, and what it says of itself. Its key, which may be a visitor, is not told."""
    summary, replayed = decided.summary, decided.replay_of
    origin = None if replayed is None else f"{replayed.topic}-{replayed.partition}-{replayed.offset}"
    return _told(
        {
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.consumer.group.name": group,
            "messaging.destination.name": record.topic,
            "messaging.destination.partition.id": str(record.partition),
            "messaging.kafka.offset": record.offset,
            "messaging.kafka.message.tombstone": True if record.value is None else None,
            "messaging.message.body.size": len(record.value or b""),
            "messaging.message.id": summary.message_id,
            "segment.event.type": summary.type,
            "kameleoon.replay_of": origin,
        }
    )


def attempt_attributes(mapping: str, attempt: int, events: int) -> Attributes:
    """A request about to be made: attempt number `attempt` (from 1), for so many events at once."""
    return _told(
        {
            "http.request.method": "POST",
            "http.request.resend_count": attempt - 1 or None,
            "messaging.batch.message_count": events if events > 1 else None,
            "kameleoon.mapping": mapping,
        }
    )


def answer_attributes(exchange: Exchange) -> Attributes:
    """How a request ended: the status, or why there is none."""
    if not isinstance(exchange, Answer):
        return {"error.type": exchange.kind.value}
    is_error = exchange.status >= _FIRST_ERROR
    return _told(
        {
            "http.response.status_code": exchange.status,
            "error.type": str(exchange.status) if is_error else None,
        }
    )


def outcome_attributes(outcome: AuditRecord) -> Attributes:
    """What the audit topic says of an event under one mapping."""
    http = outcome.http
    return _told(
        {
            "kameleoon.outcome": outcome.outcome.value,
            "kameleoon.reason": outcome.reason,
            "kameleoon.stage": outcome.stage.value,
            "kameleoon.mapping": outcome.mapping,
            "kameleoon.action": outcome.action,
            "kameleoon.attempts": 0 if http is None else http.attempts,
            "kameleoon.possible_duplicate": outcome.possible_duplicate,
            "http.response.status_code": None if http is None else http.status,
            "error.type": None if outcome.outcome in _FINE else outcome.reason,
        }
    )


def gravest(outcomes: Iterable[AuditRecord]) -> AuditRecord | None:
    """The outcome by which a record with several is told: what went wrong before what went well."""
    return max(outcomes, key=lambda outcome: _GRAVITY.index(outcome.outcome), default=None)


def went_wrong(outcome: AuditRecord) -> bool:
    """Whether the event was meant for Kameleoon and did not get there."""
    return outcome.outcome not in _FINE


def _told(found: Mapping[str, str | int | bool | None]) -> Attributes:
    """Without what is absent; a sender's lone surrogate would spoil all that is exported with it."""
    return {
        name: utf8(cut(value)).decode() if isinstance(value, str) else value
        for name, value in found.items()
        if value is not None
    }
