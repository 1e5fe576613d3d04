"""One look at a worker: what its pages told at one moment, or why they told nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.core.metrics import Metric

Labels = tuple[str, ...]
"""Values of a metric's labels, in its order."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """What a worker told. `at_s` is a monotonic time; `because` says what keeps it from being ready."""

    at_s: float
    values: Mapping[tuple[Metric, Labels], float]
    is_ready: bool = True
    because: tuple[str, ...] = ()

    def of(self, metric: Metric) -> Iterator[tuple[Labels, float]]:
        """The values of a metric, by labels."""
        return ((labels, value) for (found, labels), value in self.values.items() if found is metric)

    def total(self, metric: Metric) -> float:
        """The sum over all labels; 0 without a value."""
        return sum(value for _, value in self.of(metric))


@dataclass(frozen=True, slots=True)
class Away:
    """The worker did not answer, or something else did."""

    why: str


Look = Scrape | Away


@dataclass(frozen=True, slots=True)
class Looks:
    """The newest look at the worker behind a URL, and the one before it, if there was one."""

    url: str
    now: Look
    before: Look | None = None


def increase(before: Scrape, now: Scrape, metric: Metric) -> dict[Labels, float]:
    """By how much a counter grew, by labels, never below 0.

    A counter that is smaller than before began anew with its worker: it grew by all that it shows.
    """
    earlier = dict(before.of(metric))
    return {labels: _grown(earlier.get(labels, 0.0), value) for labels, value in now.of(metric)}


def _grown(before: float, now: float) -> float:
    return now - before if now >= before else now
