"""The last day in minutes, and a window of them in sum."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pipeline.core.audit import AuditRecord
from pipeline.core.audit_summary import Latencies
from pipeline.core.delivery_view.minute import Combination, Minute

MINUTE_MS: Final = 60_000
MINUTES_HELD: Final = 1440


@dataclass(slots=True)
class Span:
    """Some minutes in sum, from `from_ms` on."""

    from_ms: int
    counts: Counter[Combination] = field(default_factory=Counter)
    latencies: Latencies = field(default_factory=Latencies)
    events: int = 0
    replays: int = 0
    possible_duplicates: int = 0

    def include(self, minute: "Minute | Span") -> None:
        """Add what another one holds."""
        self.counts.update(minute.counts)
        self.latencies.include(minute.latencies)
        self.events += minute.events
        self.replays += minute.replays
        self.possible_duplicates += minute.possible_duplicates


class Minutes:
    """The minutes of the last day; older outcomes are not counted, later ones than now are of now."""

    __slots__ = ("_minutes",)

    def __init__(self) -> None:
        self._minutes: dict[int, Minute] = {}

    def __len__(self) -> int:
        return len(self._minutes)

    def add(self, record: AuditRecord, at_ms: int, now_ms: int) -> None:
        """Count an outcome that was written at that time."""
        number, newest = min(at_ms, now_ms) // MINUTE_MS, now_ms // MINUTE_MS
        if number <= newest - MINUTES_HELD:
            return
        minute = self._minutes.get(number)
        if minute is None:
            self._forget(newest)
            minute = self._minutes[number] = Minute()
        minute.add(record)

    def spans(self, now_ms: int, spans: int, minutes_each: int) -> Iterator[Span]:
        """So many spans of so many minutes, the oldest first; the last ends with the minute of now."""
        first = now_ms // MINUTE_MS + 1 - spans * minutes_each
        for begin in range(first, first + spans * minutes_each, minutes_each):
            span = Span(begin * MINUTE_MS)
            for number in range(begin, begin + minutes_each):
                minute = self._minutes.get(number)
                if minute is not None:
                    span.include(minute)
            yield span

    def _forget(self, newest: int) -> None:
        for number in [number for number in self._minutes if number <= newest - MINUTES_HELD]:
            del self._minutes[number]
