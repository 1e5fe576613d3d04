"""What a worker has counted, read when somebody asks: plain dictionaries, no locks, no I/O."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.core.metrics import Metric, MetricKind

Labels = tuple[str, ...]
"""Values of a metric's labels, in its order."""


@dataclass(slots=True)
class Distribution:
    """What was observed of a histogram: `counts[i]` values up to bound i, the last one above all."""

    counts: list[int]
    total: float = 0.0


Reading = tuple[Metric, Labels, float | Distribution]
"""One value of one metric: a `Distribution` for a histogram, else a number."""

Watch = Callable[[], Mapping[Labels, float]]
"""Tells the values of a gauge, by labels, when somebody asks."""


@dataclass(slots=True)
class Meter:
    """Counts by metric and labels; counting costs one addition in a dictionary.

    Label values are text, in the order of the metric's labels. Raises ValueError at the first use
    with labels or of a kind that the metric does not have.
    """

    _numbers: dict[tuple[Metric, Labels], float] = field(default_factory=dict)
    _distributions: dict[tuple[Metric, Labels], Distribution] = field(default_factory=dict)
    _watches: dict[Metric, Watch] = field(default_factory=dict)

    def add(self, metric: Metric, amount: float = 1.0, *labels: str) -> None:
        """Count something that happened."""
        try:
            self._numbers[metric, labels] += amount
        except KeyError:
            _check(metric, labels, MetricKind.COUNTER)
            self._numbers[metric, labels] = amount

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Say what a gauge is now."""
        key = (metric, labels)
        if key not in self._numbers:
            _check(metric, labels, MetricKind.GAUGE)
        self._numbers[key] = value

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Put one value into a histogram."""
        found = self._distributions.get((metric, labels))
        if found is None:
            _check(metric, labels, MetricKind.HISTOGRAM)
            found = self._distributions[metric, labels] = Distribution([0] * (len(metric.bounds) + 1))
        found.counts[bisect_left(metric.bounds, value)] += 1
        found.total += value

    def watch(self, metric: Metric, tell: Watch) -> None:
        """Have a gauge told whenever the meter is read: it costs nothing in between."""
        _check(metric, metric.labels, MetricKind.GAUGE)
        self._watches[metric] = tell

    def read(self) -> Iterator[Reading]:
        """Every value, as of now."""
        yield from ((metric, labels, value) for (metric, labels), value in self._numbers.items())
        yield from ((metric, labels, found) for (metric, labels), found in self._distributions.items())
        for metric, tell in self._watches.items():
            yield from ((metric, labels, value) for labels, value in tell().items())


def _check(metric: Metric, labels: Iterable[str], kind: MetricKind) -> None:
    if metric.kind is not kind or len(tuple(labels)) != len(metric.labels):
        raise ValueError(f"{metric.name} is a {metric.kind} with the labels {metric.labels}")
