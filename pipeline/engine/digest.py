"""One wide line in the log for the work of each minute: counts and places, and nothing that an event says.

A line for each request would be a line for each event; that one stands on the audit topic.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import structlog

from pipeline.core.audit_record import AuditRecord
from pipeline.core.metrics import (
    HTTP_ANSWERS,
    IN_FLIGHT_EVENTS,
    LAG_RECORDS,
    OUTCOMES,
    POSSIBLE_DUPLICATES,
    RECORDS_RECEIVED,
    RECORDS_SETTLED,
    RETRIES,
    Metric,
)
from pipeline.core.outcome import Reason
from pipeline.engine.meter import Labels, Meter
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.work")

EACH_S: Final = 60.0
_MOST_NAMED: Final = 5
_COUNTED: Final = frozenset(
    {HTTP_ANSWERS, OUTCOMES, POSSIBLE_DUPLICATES, RECORDS_RECEIVED, RECORDS_SETTLED, RETRIES}
)

Counts = Counter[tuple[Metric, Labels]]


class Digest:
    """Tells what the meter counted since it told last, and where some of what was not delivered stands."""

    def __init__(self, meter: Meter, clock: Clock) -> None:
        self._meter = meter
        self._clock = clock
        self._told_at_s = 0.0
        self._before: Counts = Counter()
        self._undelivered: list[str] = []

    def note(self, undelivered: Iterable[AuditRecord]) -> None:
        """These are put on the dead-letter topic; the first few of a minute are named."""
        for outcome in undelivered:
            if len(self._undelivered) == _MOST_NAMED:
                return
            place = outcome.source
            self._undelivered.append(f"{place.topic}-{place.partition}@{place.offset} {outcome.reason}")

    async def tell_regularly(self) -> None:
        """Tell each minute for ever, and at the end what is left; a minute without work is not told."""
        self._told_at_s = self._clock.monotonic_s()
        try:
            while True:
                await self._clock.sleep(EACH_S)
                self._tell()
        finally:
            self._tell()

    def _tell(self) -> None:
        now_s, counts = self._clock.monotonic_s(), self._counts()
        done = counts - self._before
        if done:
            seconds = round(now_s - self._told_at_s, 1)
            log.info("work done", seconds=seconds, **_told(done), **self._left(), **self._named())
        self._told_at_s, self._before, self._undelivered = now_s, counts, []

    def _counts(self) -> Counts:
        return Counter(
            {
                (metric, labels): int(value)
                for metric, labels, value in self._meter.read()
                if metric in _COUNTED and isinstance(value, float | int)
            }
        )

    def _left(self) -> dict[str, int]:
        """What is not done yet, as of now."""
        found: Counter[Metric] = Counter()
        for metric, _, value in self._meter.read():
            if metric in (IN_FLIGHT_EVENTS, LAG_RECORDS) and isinstance(value, float | int):
                found[metric] += int(value)
        return {"in_flight": found[IN_FLIGHT_EVENTS], "lag_records": found[LAG_RECORDS]}

    def _named(self) -> dict[str, list[str]]:
        return {"undelivered": self._undelivered} if self._undelivered else {}


def _told(done: Counts) -> dict[str, Any]:
    """Counts by the words that metrics and audit have for them; what did not happen is left out."""
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for (metric, labels), count in done.items():
        if metric is OUTCOMES:
            _, outcome, reason = labels
            outcomes[outcome] += count
            reasons[reason] += count
        elif metric is HTTP_ANSWERS:
            answers[labels[0]] += count
    del reasons[Reason.ACCEPTED]
    told = {
        "received": done[RECORDS_RECEIVED, ()],
        "settled": done[RECORDS_SETTLED, ()],
        **dict(sorted(outcomes.items())),
        "reasons": dict(sorted(reasons.items())),
        "answers": dict(sorted(answers.items())),
        "retries": done[RETRIES, ()],
        "possible_duplicates": done[POSSIBLE_DUPLICATES, ()],
    }
    return {name: value for name, value in told.items() if value}
