"""One window of the delivery page in numbers: the funnel, and what stands behind each of its steps."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.core.audit import OutcomeKind
from pipeline.core.audit_summary import Latencies
from pipeline.core.delivery_view.minute import OTHERS, Combination
from pipeline.core.delivery_view.minutes import Span

_MOST_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class Window:
    """How far a report looks back: so many spans of so many minutes."""

    spans: int
    minutes_each: int


WINDOWS: Final[Mapping[str, Window]] = {
    "15m": Window(15, 1),
    "1h": Window(60, 1),
    "6h": Window(72, 5),
    "24h": Window(96, 15),
}
"""The windows to choose from, by their names."""


@dataclass(frozen=True, slots=True)
class Only:
    """What a report is narrowed to; None is no condition."""

    event: str | None = None
    mapping: str | None = None
    reason: str | None = None

    def takes(self, counted: Combination) -> bool:
        """Whether outcomes of this combination are reported."""
        return (
            self.event in (None, counted.event)
            and self.mapping in (None, counted.mapping)
            and self.reason in (None, counted.reason)
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of the chart: outcomes, and latencies in milliseconds."""

    from_ms: int
    outcomes: dict[OutcomeKind, int]
    p50: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """The outcomes under one name."""

    name: str
    total: int
    outcomes: dict[OutcomeKind, int]


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """How often events ended at this stage for this reason."""

    outcome: OutcomeKind
    stage: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Latencies of what was delivered, in milliseconds; None without any."""

    p50: float | None
    p90: float | None
    p99: float | None
    longest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A window in numbers. `total` is the sum of `outcomes`.

    `latency`, `events`, `replays` and `possible_duplicates` are of the whole window, not narrowed.
    """

    total: int
    outcomes: dict[OutcomeKind, int]
    events: int
    replays: int
    possible_duplicates: int
    latency: Percentiles
    bars: list[Bar]
    by_event: list[Row]
    by_mapping: list[Row]
    by_reason: list[ReasonRow]


def report(spans: Iterable[Span], only: Only) -> Report:
    """The spans of a window in one report, narrowed to what is asked for."""
    whole, bars = Span(0), []
    for span in spans:
        whole.include(span)
        bars.append(_bar(span, only))
    counts = Counter({key: count for key, count in whole.counts.items() if only.takes(key)})
    return Report(
        total=counts.total(),
        outcomes=_by_outcome(counts),
        events=whole.events,
        replays=whole.replays,
        possible_duplicates=whole.possible_duplicates,
        latency=_percentiles(whole.latencies),
        bars=bars,
        by_event=_rows(counts, lambda key: key.event),
        by_mapping=_rows(counts, lambda key: key.mapping),
        by_reason=_reasons(counts),
    )


def _bar(span: Span, only: Only) -> Bar:
    counts = Counter({key: count for key, count in span.counts.items() if only.takes(key)})
    latencies = span.latencies
    return Bar(span.from_ms, _by_outcome(counts), latencies.percentile(0.5), latencies.percentile(0.99))


def _by_outcome(counts: Counter[Combination]) -> dict[OutcomeKind, int]:
    found = dict.fromkeys(OutcomeKind, 0)
    for key, count in counts.items():
        found[key.outcome] += count
    return found


def _rows(counts: Counter[Combination], name_of: Callable[[Combination], str]) -> list[Row]:
    """The commonest names; the rest in one row."""
    totals: Counter[str] = Counter()
    for key, count in counts.items():
        totals[name_of(key)] += count
    own = {name for name, _ in totals.most_common(_MOST_ROWS)}
    split: dict[str, Counter[Combination]] = {}
    for key, count in counts.items():
        name = name_of(key)
        split.setdefault(name if name in own else OTHERS, Counter())[key] += count
    rows = [Row(name, part.total(), _by_outcome(part)) for name, part in split.items()]
    return sorted(rows, key=lambda row: (row.name == OTHERS, -row.total, row.name))


def _reasons(counts: Counter[Combination]) -> list[ReasonRow]:
    found: Counter[tuple[OutcomeKind, str, str]] = Counter()
    for key, count in counts.items():
        found[key.outcome, key.stage, key.reason] += count
    return [ReasonRow(*key, count) for key, count in found.most_common(_MOST_ROWS)]


def _percentiles(latencies: Latencies) -> Percentiles:
    return Percentiles(
        latencies.percentile(0.5),
        latencies.percentile(0.9),
        latencies.percentile(0.99),
        latencies.longest_ms,
    )
