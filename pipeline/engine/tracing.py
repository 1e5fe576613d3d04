"""The journeys of the records in hand, for whoever traces them; nothing happens while nobody does.

A tracer never holds up a delivery: it waits for nothing, and a bug in it ends the tracing alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from pipeline.core.attempt import Accept, Step
from pipeline.core.audit_record import AuditRecord
from pipeline.core.bug_report import kind_of, places_of
from pipeline.core.exchange import Exchange
from pipeline.core.outcome import Decided
from pipeline.core.record import Record
from pipeline.core.trace import TraceContext
from pipeline.engine.assignment import Assignment, Entry
from pipeline.engine.shipment import Shipment
from pipeline.ports import Clock, Journey, Tracer

log = structlog.get_logger("pipeline.tracing")


class Traces:
    """Tells a tracer, if there is one, what becomes of each record; stages look at `is_on` first."""

    def __init__(self, tracer: Tracer | None, clock: Clock) -> None:
        self._tracer = tracer
        self._clock = clock
        self.is_on = tracer is not None

    def now_ms(self) -> int:
        """When records are received."""
        return self._clock.now_ms()

    def received(
        self, assignment: Assignment, decided: Sequence[tuple[Record, Decided]], received_at_ms: int
    ) -> None:
        """Records were received then, and decided on since. What has no outcome here makes no journey."""
        with self._without_harm():
            for record, found in decided:
                if found.parts and self._tracer is not None:
                    journey = self._tracer.begin(record, found, received_at_ms)
                    if journey is not None:
                        assignment.journeys[record.offset] = journey

    def sending(self, shipment: Shipment) -> TraceContext | None:
        """A request is about to be made; answers what it is to carry: of several traces the first."""
        contexts: list[TraceContext] = []
        with self._without_harm():
            for part in shipment.parts:
                journey = _journey(part.entry)
                if journey is not None:
                    mapping, events = part.deliverable.mapping, len(shipment.parts)
                    contexts.append(journey.send(mapping, shipment.tried + 1, events))
        return contexts[0] if contexts else None

    def answered(self, shipment: Shipment, exchange: Exchange, step: Step) -> None:
        """The exchange of a request has ended."""
        with self._without_harm():
            for part in shipment.parts:
                journey = _journey(part.entry)
                if journey is not None:
                    journey.answer(exchange, is_accepted=isinstance(step, Accept))

    def audited(self, audited: Sequence[tuple[Entry, AuditRecord]]) -> None:
        """Outcomes stand on the audit topic; a record whose last one does is at its journey's end."""
        with self._without_harm():
            for entry, outcome in audited:
                journey = _journey(entry)
                if journey is not None:
                    journey.conclude(outcome)
            for entry, _ in audited:
                if entry.unaudited == 0 and entry.record.offset in entry.assignment.journeys:
                    entry.assignment.journeys.pop(entry.record.offset).end(is_settled=True)

    def given_back(self, assignments: Iterable[Assignment]) -> None:
        """What is not settled of these is received again, here or elsewhere."""
        with self._without_harm():
            for assignment in assignments:
                while assignment.journeys:
                    assignment.journeys.popitem()[1].end(is_settled=False)

    @contextmanager
    def _without_harm(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 (a bug in what only watches must not end a delivery)
            self._end(error)

    def _end(self, error: Exception) -> None:
        self.is_on = False
        log.error("tracing has ended: a bug", error=kind_of(error), where=places_of(error))


def _journey(entry: Entry) -> Journey | None:
    return entry.assignment.journeys.get(entry.record.offset)
