"""Who watches events pass: the stages tell of them here, and hardly anything happens while nobody does.

A tap never holds up a delivery: what its reader does not take in time is counted, not kept.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

import structlog

from pipeline.core.attempt import Step
from pipeline.core.audit_record import AuditRecord
from pipeline.core.bug_report import kind_of, places_of
from pipeline.core.exchange import Exchange
from pipeline.core.outcome import Decided, Stage
from pipeline.core.plan import Plan
from pipeline.core.record import Record
from pipeline.core.tap.line import line, not_shown_line
from pipeline.core.tap.question import Question
from pipeline.core.tap.sampling import Choice, Sampler
from pipeline.core.tap.sighting import (
    DECIDING,
    Sighting,
    audit_sighting,
    batch_sighting,
    decided_sightings,
    deliver_sighting,
)
from pipeline.engine.shipment import Shipment
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.tap")

MOST_TAPS: Final = 4
MOST_LINES: Final = 100
"""Lines that wait for one reader."""


class Tap:
    """One reader's view; made and ended by `Taps`."""

    def __init__(self, question: Question, plan: Plan, clock: Clock) -> None:
        self.question = question
        self._plan = plan
        self._clock = clock
        self._sampler = Sampler(question.every, question.per_second)
        self._lines: deque[bytes] = deque()
        self._not_shown = 0
        self._is_wanted = asyncio.Event()
        self.is_open = True

    def end(self) -> None:
        """There is nothing more to come: whoever waits for lines is not to wait on."""
        self.is_open = False
        self._is_wanted.set()

    def see(self, seen: Iterable[Sighting]) -> None:
        """Keep the lines of those that are to be shown."""
        for sighting in seen:
            if self.question.asks_for(sighting):
                self._choose(sighting)

    def _choose(self, sighting: Sighting) -> None:
        choice = self._sampler.choose(self._clock.monotonic_s())
        if choice is Choice.PASSED_OVER:
            return
        if choice is Choice.TOO_MANY or len(self._lines) >= MOST_LINES:
            self._not_shown += 1
            return
        at_ms = self._clock.now_ms()
        self._lines.append(line(sighting, self._plan, at_ms, with_values=self.question.with_values))
        self._is_wanted.set()

    async def lines(self, within_s: float) -> list[bytes]:
        """What there is to tell, waiting so long for an event; perhaps nothing."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._is_wanted.wait()
        if self.is_open:
            self._is_wanted.clear()
        found = list(self._lines)
        self._lines.clear()
        if self._not_shown:
            found.append(not_shown_line(self._not_shown))
            self._not_shown = 0
        return found


class Taps:
    """All taps of a worker. Stages look at `is_any` first: it is all that they pay while nobody watches."""

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self._taps: list[Tap] = []
        self.is_any = False

    def open(self, question: Question) -> Tap | None:
        """A tap of one's own, or None where there are as many as may be."""
        if len(self._taps) >= MOST_TAPS:
            return None
        tap = Tap(question, self._plan, self._clock)
        self._taps.append(tap)
        self.is_any = True
        return tap

    def close(self, tap: Tap) -> None:
        """Nobody reads this one any more."""
        if tap in self._taps:
            self._taps.remove(tap)
        tap.end()
        self.is_any = bool(self._taps)

    def decided(self, decided: Sequence[tuple[Record, Decided]]) -> None:
        """Records were read and decided on."""
        for tap in self._at(*DECIDING):
            stage = tap.question.stage
            self._show(
                tap,
                (seen for record, found in decided for seen in decided_sightings(stage, record, found)),
            )

    def sending(self, shipment: Shipment) -> None:
        """A request is about to be made."""
        for tap in self._at(Stage.BATCH):
            self._show(tap, _sending(shipment))

    def answered(self, shipment: Shipment, exchange: Exchange, step: Step) -> None:
        """The exchange of a request has ended."""
        for tap in self._at(Stage.DELIVER):
            self._show(tap, _answered(shipment, exchange, step))

    def audited(self, audited: Sequence[tuple[Record, AuditRecord]]) -> None:
        """Outcomes stand on the audit topic."""
        for tap in self._at(Stage.AUDIT):
            self._show(tap, (audit_sighting(record, outcome) for record, outcome in audited))

    def _at(self, *stages: Stage) -> list[Tap]:
        return [tap for tap in self._taps if tap.question.stage in stages]

    def _show(self, tap: Tap, seen: Iterable[Sighting]) -> None:
        try:
            tap.see(seen)
        except Exception as error:  # noqa: BLE001 (a bug in what only watches must not end a delivery)
            self._fail(tap, error)

    def _fail(self, tap: Tap, error: Exception) -> None:
        self.close(tap)
        log.error("a tap is closed: a bug", error=kind_of(error), where=places_of(error))


def _sending(shipment: Shipment) -> Iterator[Sighting]:
    for part in shipment.parts:
        entry = part.entry
        yield batch_sighting(
            entry.record,
            entry.decided.summary,
            part.deliverable,
            attempt=shipment.tried + 1,
            events=len(shipment.parts),
        )


def _answered(shipment: Shipment, exchange: Exchange, step: Step) -> Iterator[Sighting]:
    for part in shipment.parts:
        entry = part.entry
        yield deliver_sighting(
            entry.record,
            entry.decided.summary,
            part.deliverable,
            attempt=shipment.tried,
            events=len(shipment.parts),
            exchange=exchange,
            step=step,
        )
