"""The view of `top`: each worker, all of them together, and each partition."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.core import metrics
from pipeline.core.audit_record import OutcomeKind
from pipeline.core.metrics import Metric
from pipeline.core.top.reading import Away, Labels, Looks, Scrape, increase

_OUTCOME: Final = metrics.OUTCOMES.labels.index("outcome")


@dataclass(frozen=True, slots=True)
class Rates:
    """Records received and outcomes decided a second, over the time between two looks."""

    received: float
    outcomes: Mapping[OutcomeKind, float]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one worker tells, or several together.

    `rates` is None before the second look. `outcomes` counts since each worker started. Without a
    `rate_limit_per_s` nothing was answered with 429. `breaker` names why a breaker is open.
    """

    rates: Rates | None
    outcomes: Mapping[OutcomeKind, int]
    received: int
    in_flight_events: int
    in_flight_bytes: int
    requests_under_way: int
    concurrency_limit: int
    rate_limit_per_s: float | None
    breaker: tuple[str, ...]
    is_brake_on: bool
    held_s: float
    audit_pending: int


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One worker: `figures` is None where it is away, and `away` then says why."""

    url: str
    is_ready: bool
    because: tuple[str, ...]
    away: str | None
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class PartitionRow:
    """One partition that a worker holds; None for what is not known yet."""

    topic: str
    partition: int
    workers: tuple[int, ...]
    lag_records: int | None
    lag_s: float | None
    oldest_unsettled_s: float | None


@dataclass(frozen=True, slots=True)
class TopView:
    """All that is shown. `workers` of a partition are places in `workers` of this, from 0."""

    workers: tuple[WorkerRow, ...]
    together: Figures
    partitions: tuple[PartitionRow, ...]

    @property
    def is_anybody_there(self) -> bool:
        """Whether a worker answered."""
        return any(row.figures is not None for row in self.workers)


def top_view(workers: Sequence[Looks]) -> TopView:
    """The view of these workers as they told last."""
    rows = tuple(_row(looks) for looks in workers)
    together = _together([row.figures for row in rows if row.figures is not None])
    return TopView(rows, together, _partitions(workers))


def _row(looks: Looks) -> WorkerRow:
    now = looks.now
    if isinstance(now, Away):
        return WorkerRow(looks.url, is_ready=False, because=(), away=now.why, figures=None)
    before = looks.before if isinstance(looks.before, Scrape) else None
    return WorkerRow(looks.url, now.is_ready, now.because, None, _figures(before, now))


def _figures(before: Scrape | None, now: Scrape) -> Figures:
    outcomes = _by_outcome(now.of(metrics.OUTCOMES))
    rate_limit = next((value for _, value in now.of(metrics.RATE_LIMIT)), None)
    return Figures(
        rates=None if before is None else _rates(before, now),
        outcomes={kind: int(outcomes[kind]) for kind in OutcomeKind},
        received=int(now.total(metrics.RECORDS_RECEIVED)),
        in_flight_events=int(now.total(metrics.IN_FLIGHT_EVENTS)),
        in_flight_bytes=int(now.total(metrics.IN_FLIGHT_BYTES)),
        requests_under_way=int(now.total(metrics.REQUESTS_UNDER_WAY)),
        concurrency_limit=int(now.total(metrics.CONCURRENCY_LIMIT)),
        rate_limit_per_s=rate_limit,
        breaker=tuple(sorted(cause for (cause,), value in now.of(metrics.BREAKER_OPEN) if value)),
        is_brake_on=now.total(metrics.BRAKE_ON) > 0,
        held_s=now.total(metrics.HELD_SECONDS),
        audit_pending=int(now.total(metrics.AUDIT_PENDING)),
    )


def _rates(before: Scrape, now: Scrape) -> Rates | None:
    seconds = now.at_s - before.at_s
    if seconds <= 0:
        return None
    received = sum(increase(before, now, metrics.RECORDS_RECEIVED).values())
    outcomes = _by_outcome(increase(before, now, metrics.OUTCOMES).items())
    return Rates(received / seconds, {kind: outcomes[kind] / seconds for kind in OutcomeKind})


def _by_outcome(values: Iterable[tuple[Labels, float]]) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for labels, value in values:
        found[labels[_OUTCOME]] += value
    return found


def _together(parts: Sequence[Figures]) -> Figures:
    """The sums; a limit of the rate only where every worker has one."""
    rates = [part.rates for part in parts if part.rates is not None]
    limits = [part.rate_limit_per_s for part in parts if part.rate_limit_per_s is not None]
    return Figures(
        rates=_rates_together(rates) if rates else None,
        outcomes=_sums(part.outcomes for part in parts),
        received=sum(part.received for part in parts),
        in_flight_events=sum(part.in_flight_events for part in parts),
        in_flight_bytes=sum(part.in_flight_bytes for part in parts),
        requests_under_way=sum(part.requests_under_way for part in parts),
        concurrency_limit=sum(part.concurrency_limit for part in parts),
        rate_limit_per_s=sum(limits) if limits and len(limits) == len(parts) else None,
        breaker=tuple(sorted({cause for part in parts for cause in part.breaker})),
        is_brake_on=any(part.is_brake_on for part in parts),
        held_s=max((part.held_s for part in parts), default=0.0),
        audit_pending=sum(part.audit_pending for part in parts),
    )


def _rates_together(rates: Sequence[Rates]) -> Rates:
    outcomes = {kind: sum(each.outcomes[kind] for each in rates) for kind in OutcomeKind}
    return Rates(sum(each.received for each in rates), outcomes)


def _sums(counts: Iterable[Mapping[OutcomeKind, int]]) -> dict[OutcomeKind, int]:
    total: Counter[OutcomeKind] = Counter()
    for each in counts:
        total.update(each)
    return {kind: total[kind] for kind in OutcomeKind}


def _partitions(workers: Sequence[Looks]) -> tuple[PartitionRow, ...]:
    """Every partition once: during a hand-over two workers may tell of it, and the larger figure counts."""
    lag_records = _of_partitions(workers, metrics.LAG_RECORDS)
    lag_s = _of_partitions(workers, metrics.LAG_SECONDS)
    oldest_s = _of_partitions(workers, metrics.OLDEST_UNSETTLED_SECONDS)
    rows = []
    for at in {*lag_records, *lag_s, *oldest_s}:
        told = [found.get(at, {}) for found in (lag_records, lag_s, oldest_s)]
        holders = tuple(sorted({number for values in told for number in values}))
        records, lag, oldest = (max(values.values(), default=None) for values in told)
        whole = None if records is None else int(records)
        rows.append(PartitionRow(at[0], int(at[1]), holders, whole, lag, oldest))
    return tuple(sorted(rows, key=lambda row: (row.topic, row.partition)))


def _of_partitions(workers: Sequence[Looks], metric: Metric) -> dict[Labels, dict[int, float]]:
    """What each worker, by its place, tells of each partition."""
    found: defaultdict[Labels, dict[int, float]] = defaultdict(dict)
    for number, looks in enumerate(workers):
        if isinstance(looks.now, Scrape):
            for labels, value in looks.now.of(metric):
                found[labels][number] = value
    return found
