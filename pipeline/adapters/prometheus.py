"""A meter in the text format that Prometheus reads, made when it asks."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate
from typing import Final, assert_never

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from pipeline.core.metrics import METRICS, Metric, MetricKind
from pipeline.engine.meter import Distribution, Labels, Meter

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
_Values = list[tuple[Labels, float | Distribution]]


class Exposition(Collector):
    """A worker's meter and the process's own figures: memory, processor time, open files."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def render(self) -> bytes:
        """Everything as of now."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Family]:
        """Every metric; those that nothing was counted of as well."""
        values: defaultdict[Metric, _Values] = defaultdict(list)
        for metric, labels, value in self._meter.read():
            values[metric].append((labels, value))
        return iter([_family(metric, values[metric]) for metric in METRICS])


def _family(metric: Metric, values: _Values) -> Family:
    match metric.kind:
        case MetricKind.COUNTER:
            counter = CounterMetricFamily(metric.name, metric.meaning, labels=metric.labels)
            for labels, value in values or _zero(metric):
                counter.add_metric(labels, _number(value))
            return counter
        case MetricKind.GAUGE:
            gauge = GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
            for labels, value in values:
                gauge.add_metric(labels, _number(value))
            return gauge
        case MetricKind.HISTOGRAM:
            histogram = HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)
            for labels, value in values:
                histogram.add_metric(labels, *_buckets(metric, value))
            return histogram
        case _:
            assert_never(metric.kind)


def _zero(metric: Metric) -> _Values:
    """A counter without labels is there from the start: a rate over its first increase needs that."""
    return [] if metric.labels else [((), 0.0)]


def _number(value: float | Distribution) -> float:
    if isinstance(value, Distribution):
        raise TypeError("a distribution where a number is meant")
    return value


def _buckets(metric: Metric, value: float | Distribution) -> tuple[list[tuple[str, float]], float]:
    if not isinstance(value, Distribution):
        raise TypeError("a number where a distribution is meant")
    bounds = [*(f"{bound:g}" for bound in metric.bounds), "+Inf"]
    return list(zip(bounds, map(float, accumulate(value.counts)), strict=True)), value.total
