"""One event as it passes a stage, or ends there."""

from collections.abc import Iterator
from typing import Final, assert_never

from pipeline.core.attempt import Accept, Again, Fail, Step
from pipeline.core.audit_record import AuditRecord, OutcomeKind
from pipeline.core.exchange import Answer, Exchange
from pipeline.core.outcome import (
    Decided,
    Decision,
    Deliverable,
    EventSummary,
    Filtered,
    Reason,
    Rejected,
    Stage,
)
from pipeline.core.record import Record
from pipeline.core.value import value_class
from pipeline.core.verdict import describe_no

DECIDING: Final = (Stage.SOURCE, Stage.DECODE, Stage.TRIGGER, Stage.MAP, Stage.VALIDATE)
"""The stages that an event has behind it once it is decided on."""

ENDS_NOTHING: Final = frozenset({Stage.SOURCE, Stage.BATCH})
"""Every event that comes to these stages passes them."""

KNOWS_NO_MAPPING: Final = frozenset({Stage.SOURCE, Stage.DECODE})

_ORDER: Final = {stage: place for place, stage in enumerate(Stage)}


@value_class
class End:
    """How an event ended at the stage, under one mapping or under none; of `audit`: that it is audited."""

    outcome: OutcomeKind
    reason: str
    detail: str = ""


@value_class(kw_only=True)
class Sighting:
    """What is seen of an event at a stage. `end` is set where it ends there, `note` is in words.

    `body` is the request's part of it, `events` how many share the request, `attempt` counts from 1.
    """

    stage: Stage
    record: Record
    summary: EventSummary
    mapping: str | None = None
    end: End | None = None
    note: str = ""
    body: bytes | None = None
    attempt: int | None = None
    events: int | None = None
    status: int | None = None


def decided_sightings(stage: Stage, record: Record, decided: Decided) -> Iterator[Sighting]:
    """What is seen of a record at a stage up to validate: one at source and decode, else one a mapping."""
    if stage is Stage.SOURCE:
        yield Sighting(stage=stage, record=record, summary=decided.summary)
        return
    for part in decided.parts[:1] if stage is Stage.DECODE else decided.parts:
        last, end = _end(part)
        if _ORDER[last] < _ORDER[stage]:
            continue
        yield Sighting(
            stage=stage,
            record=record,
            summary=decided.summary,
            mapping=None if stage in KNOWS_NO_MAPPING else part.mapping,
            end=end if last is stage else None,
            body=part.body if stage is Stage.VALIDATE and isinstance(part, Deliverable) else None,
        )


def _end(part: Decision) -> tuple[Stage, End | None]:
    """The last stage that was decided on, and how the event ends there, if it does."""
    match part:
        case Filtered(reason, detail):
            return Stage.TRIGGER, End(OutcomeKind.FILTERED, reason, detail)
        case Rejected(stage, reason, detail):
            return stage, End(OutcomeKind.REJECTED, reason, detail)
        case Deliverable():
            return Stage.VALIDATE, None
        case _:
            assert_never(part)


def batch_sighting(
    record: Record, summary: EventSummary, part: Deliverable, *, attempt: int, events: int
) -> Sighting:
    """What is seen of one event of a request that is about to be made."""
    return Sighting(
        stage=Stage.BATCH,
        record=record,
        summary=summary,
        mapping=part.mapping,
        body=part.body,
        attempt=attempt,
        events=events,
    )


def deliver_sighting(
    record: Record,
    summary: EventSummary,
    part: Deliverable,
    *,
    attempt: int,
    events: int,
    exchange: Exchange,
    step: Step,
) -> Sighting:
    """What is seen of one event of a request whose exchange has ended."""
    end, note = _after(step, exchange, events)
    return Sighting(
        stage=Stage.DELIVER,
        record=record,
        summary=summary,
        mapping=part.mapping,
        end=end,
        note=note,
        body=part.body,
        attempt=attempt,
        events=events,
        status=exchange.status if isinstance(exchange, Answer) else None,
    )


def _after(step: Step, exchange: Exchange, events: int) -> tuple[End | None, str]:
    match step:
        case Accept():
            return End(OutcomeKind.DELIVERED, Reason.ACCEPTED), ""
        case Fail() if events > 1:
            return None, f"{describe_no(exchange)}: the array is halved"
        case Fail(reason, detail):
            return End(OutcomeKind.FAILED, reason, detail), ""
        case Again(delay_s):
            return None, f"{describe_no(exchange)}: again in {delay_s:.1f} s"
        case _:
            assert_never(step)


def audit_sighting(record: Record, audited: AuditRecord) -> Sighting:
    """What is seen of an outcome that stands on the audit topic."""
    http = audited.http
    return Sighting(
        stage=Stage.AUDIT,
        record=record,
        summary=EventSummary(audited.message_id, audited.type, audited.event_name, audited.event_timestamp),
        mapping=audited.mapping,
        end=End(audited.outcome, audited.reason, audited.detail),
        attempt=None if http is None else http.attempts,
        status=None if http is None else http.status,
    )
