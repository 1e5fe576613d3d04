"""What one minute of the audit topic comes to: counts and latencies, whatever senders name their events."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pipeline.core.audit import AuditRecord, OutcomeKind
from pipeline.core.audit_summary import Latencies

OTHERS: Final = "(others)"
"""Stands for what there was no room for under its own name."""

NO_MAPPING: Final = "(none)"
UNREADABLE: Final = "(unreadable)"

_MOST_NAMES: Final = 100
_MOST_COMBINATIONS: Final = 250
_LONGEST_NAME: Final = 200


class Combination(NamedTuple):
    """What outcomes are counted by."""

    outcome: OutcomeKind
    stage: str
    reason: str
    mapping: str
    event: str


@dataclass(slots=True)
class Minute:
    """Counts of one minute. A `lost` outcome counts as many records as it tells of.

    `counts` holds at most 250 combinations and 100 event names, and what `(others)` stands for.
    `events` leaves out further parts of an event, and replays.
    """

    counts: Counter[Combination] = field(default_factory=Counter)
    latencies: Latencies = field(default_factory=Latencies)
    events: int = 0
    replays: int = 0
    possible_duplicates: int = 0
    _names: set[str] = field(default_factory=set)

    def add(self, record: AuditRecord) -> None:
        """Count one outcome that holds."""
        weight = _records_in(record)
        self.counts[self._counted_as(record)] += weight
        self.events += weight if record.part == 1 and record.replay_of is None else 0
        self.replays += record.replay_of is not None
        self.possible_duplicates += record.possible_duplicate
        if record.outcome is OutcomeKind.DELIVERED and record.http is not None:
            self.latencies.add(record.http.latency_ms)

    def _counted_as(self, record: AuditRecord) -> Combination:
        outcome, stage, reason = record.outcome, record.stage, record.reason[:_LONGEST_NAME]
        named = Combination(outcome, stage, reason, record.mapping or NO_MAPPING, self._name_of(record))
        if named in self.counts or len(self.counts) < _MOST_COMBINATIONS:
            return named
        unnamed = Combination(outcome, stage, reason, OTHERS, OTHERS)
        if unnamed in self.counts or len(self.counts) < 2 * _MOST_COMBINATIONS:
            return unnamed
        return Combination(outcome, stage, OTHERS, OTHERS, OTHERS)

    def _name_of(self, record: AuditRecord) -> str:
        name = event_label(record)
        if name not in self._names:
            if len(self._names) >= _MOST_NAMES:
                return OTHERS
            self._names.add(name)
        return name


def event_label(record: AuditRecord) -> str:
    """The event's name; its type in brackets where it has none. At most 200 characters."""
    name = record.event_name or (f"({record.type})" if record.type else UNREADABLE)
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _records_in(record: AuditRecord) -> int:
    if record.lost_through is None:
        return 1
    return max(1, record.lost_through - record.source.offset + 1)
