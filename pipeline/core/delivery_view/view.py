"""What the delivery page knows: fed with the audit topic's entries, asked by the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.core.audit import AuditEntry, AuditRecord, OutcomeKind
from pipeline.core.audit_view import Fences
from pipeline.core.delivery_view.history import History, Newest, Seen, held
from pipeline.core.delivery_view.minute import NO_MAPPING, event_label
from pipeline.core.delivery_view.minutes import Minutes
from pipeline.core.delivery_view.report import Only, Report, Window, report

NEWEST_HELD: Final = 1_000
"""Outcomes of the live stream."""

HISTORY_HELD: Final = 100_000
"""Outcomes that can be found by their event."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which outcomes of the live stream are asked for."""

    only: Only
    outcome: OutcomeKind | None = None

    def takes(self, record: AuditRecord) -> bool:
        """Whether this one is."""
        return (
            self.outcome in (None, record.outcome)
            and self.only.reason in (None, record.reason)
            and self.only.mapping in (None, record.mapping or NO_MAPPING)
            and self.only.event in (None, event_label(record))
        )


class DeliveryView:
    """Feed it the entries of each audit partition in the order of their offsets.

    Times are Unix milliseconds: `at_ms` when an entry was written, `now_ms` by this machine.
    `void` counts records of workers that had lost their partition, `foreign` values that are no
    entries; neither counts elsewhere.
    """

    def __init__(self, pipeline: str | None = None, *, history: int = HISTORY_HELD) -> None:
        self._pipeline = pipeline
        self._fences = Fences()
        self._minutes = Minutes()
        self._newest = Newest(NEWEST_HELD)
        self._history = History(history)
        self.read = 0
        self.void = 0
        self.foreign = 0

    def add(self, entry: AuditEntry | None, at_ms: int, now_ms: int) -> None:
        """Take up one value of the topic, None for a foreign one."""
        self.read += 1
        if entry is None:
            self.foreign += 1
        elif self._pipeline not in (None, entry.pipeline):
            return
        elif not self._fences.admits(entry):
            self.void += 1
        elif isinstance(entry, AuditRecord):
            seen = Seen(min(at_ms, now_ms), self.read, held(entry))
            self._minutes.add(seen.record, at_ms, now_ms)
            self._newest.add(seen)
            self._history.add(seen)

    def report(self, window: Window, only: Only, now_ms: int) -> Report:
        """The window that ends now, in numbers."""
        return report(self._minutes.spans(now_ms, window.spans, window.minutes_each), only)

    def latest(self, count: int, wanted: Wanted) -> list[Seen]:
        """The newest outcomes, the newest first."""
        return self._newest.latest(count, wanted.takes)

    def search(self, text: str, count: int) -> list[Seen]:
        """The newest outcomes of events whose message id, or first place, holds the text."""
        return self._history.search(text, count)

    def event(self, key: str) -> Sequence[Seen]:
        """All outcomes held of one event, the oldest first: its parts, passes and replays."""
        return self._history.of(key)

    @property
    def searchable_from_ms(self) -> int | None:
        """Since when every outcome can be found by its event; None without any."""
        return self._history.newest.oldest_ms
