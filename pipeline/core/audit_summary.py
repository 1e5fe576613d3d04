"""The audit topic in numbers, in memory that does not grow with it."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from pipeline.core.audit import AuditEntry, AuditRecord, OutcomeKind
from pipeline.core.audit_view import Fences

_STEP: Final = math.log(1.02)
_MOST_REASONS: Final = 100
_OTHER_REASONS: Final = "(other reasons)"
_MOST_PIPELINES: Final = 100

_SHORTEST_MS: Final = 0.001
_LONGEST_MS: Final = 1e12
"""A forged record may tell of any number; beyond this one, thirty years, it is cut."""


class Latencies:
    """Latencies in buckets two percent wide: percentiles are right within one percent."""

    __slots__ = ("_buckets", "_longest_ms")

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self._longest_ms = 0.0

    def add(self, latency_ms: float) -> None:
        """Count one latency."""
        latency_ms = min(latency_ms, _LONGEST_MS)
        self._longest_ms = max(self._longest_ms, latency_ms)
        self._buckets[round(math.log(max(latency_ms, _SHORTEST_MS)) / _STEP)] += 1

    def include(self, other: "Latencies") -> None:
        """Count all that another one has counted."""
        self._buckets.update(other._buckets)  # noqa: SLF001 (its own kind)
        self._longest_ms = max(self._longest_ms, other.longest_ms or 0.0)

    def percentile(self, share: float) -> float | None:
        """The latency in milliseconds that this share of all stays within; None without any."""
        rank, seen = math.ceil(share * self._buckets.total()), 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= rank:
                return min(math.exp(bucket * _STEP), self._longest_ms)
        return None

    @property
    def longest_ms(self) -> float | None:
        """The longest of all; None without any."""
        return self._longest_ms if self._buckets else None


@dataclass(slots=True)
class AuditSummary:
    """Counts over audit entries, fed in the order of each partition's offsets.

    `by_reason` counts records that hold, by outcome and reason; `void` those of workers that had
    lost their partition, `foreign` values that are no audit entries. A replay is no further event.
    `pipelines` names the first hundred that were read of, whichever is asked for.
    """

    pipeline: str | None = None
    by_reason: Counter[tuple[OutcomeKind, str]] = field(default_factory=Counter)
    without_visitor_code: int = 0
    possible_duplicates: int = 0
    replays: int = 0
    events: int = 0
    void: int = 0
    foreign: int = 0
    pipelines: set[str] = field(default_factory=set)
    latencies: Latencies = field(default_factory=Latencies)
    _fences: Fences = field(default_factory=Fences)

    def add(self, entry: AuditEntry | None) -> bool:
        """Count one value of the topic, None for a foreign one; whether it is an outcome that holds."""
        if entry is not None and len(self.pipelines) < _MOST_PIPELINES:
            self.pipelines.add(entry.pipeline)
        if entry is None:
            self.foreign += 1
        elif self.pipeline is not None and entry.pipeline != self.pipeline:
            return False
        elif not self._fences.admits(entry):
            self.void += 1
        elif isinstance(entry, AuditRecord):
            self._count(entry)
            return True
        return False

    def _count(self, record: AuditRecord) -> None:
        key = (record.outcome, record.reason)
        if key not in self.by_reason and len(self.by_reason) >= _MOST_REASONS:
            key = (record.outcome, _OTHER_REASONS)
        self.by_reason[key] += 1
        self.events += record.part == 1 and record.replay_of is None
        self.replays += record.replay_of is not None
        self.possible_duplicates += record.possible_duplicate
        if record.outcome is OutcomeKind.DELIVERED:
            self.without_visitor_code += record.has_visitor_code is False
            if record.http is not None:
                self.latencies.add(record.http.latency_ms)

    @property
    def records(self) -> int:
        """Records that hold."""
        return self.by_reason.total()

    def outcomes(self, kind: OutcomeKind) -> int:
        """Records of that outcome."""
        return sum(count for (outcome, _), count in self.by_reason.items() if outcome is kind)

    @property
    def share_without_visitor_code(self) -> float | None:
        """Of what was delivered, the share that names no visitor to Kameleoon; None without any."""
        delivered = self.outcomes(OutcomeKind.DELIVERED)
        return self.without_visitor_code / delivered if delivered else None
