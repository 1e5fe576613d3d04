"""The meter: what was counted is read back, by labels; a wrong use is a bug, told at once."""

import pytest

from pipeline.core.metrics import Metric, MetricKind
from pipeline.engine.meter import Distribution, Labels, Meter

COUNTER = Metric("things_total", MetricKind.COUNTER, "Things.", ("colour",))
GAUGE = Metric("depth", MetricKind.GAUGE, "Depth.")
HISTOGRAM = Metric("seconds", MetricKind.HISTOGRAM, "Time.", bounds=(1.0, 2.0))


def test_counts_add_up_by_labels() -> None:
    meter = Meter()
    meter.add(COUNTER, 1, "red")
    meter.add(COUNTER, 2, "red")
    meter.add(COUNTER, 1, "blue")
    assert list(meter.read()) == [(COUNTER, ("red",), 3), (COUNTER, ("blue",), 1)]


def test_a_gauge_says_its_last_value() -> None:
    meter = Meter()
    meter.set(GAUGE, 5)
    meter.set(GAUGE, 3)
    assert list(meter.read()) == [(GAUGE, (), 3)]


def test_a_histogram_counts_a_value_at_its_bound_below_it() -> None:
    meter = Meter()
    for value in (0.5, 1.0, 1.5, 9.0):
        meter.observe(HISTOGRAM, value)
    assert list(meter.read()) == [(HISTOGRAM, (), Distribution([2, 1, 1], 12.0))]


def test_a_watched_gauge_is_asked_at_each_reading() -> None:
    meter = Meter()
    depth: dict[Labels, float] = {(): 1.0}
    meter.watch(GAUGE, lambda: depth)
    assert list(meter.read()) == [(GAUGE, (), 1.0)]
    depth[()] = 2.0
    assert list(meter.read()) == [(GAUGE, (), 2.0)]
    depth.clear()
    assert list(meter.read()) == []


def test_a_wrong_use_is_told_at_once() -> None:
    meter = Meter()
    with pytest.raises(ValueError, match="colour"):
        meter.add(COUNTER)
    with pytest.raises(ValueError, match="a counter"):
        meter.set(COUNTER, 1, "red")
    with pytest.raises(ValueError, match="a gauge"):
        meter.add(GAUGE)
    with pytest.raises(ValueError, match="a gauge"):
        meter.observe(GAUGE, 1)
    with pytest.raises(ValueError, match="a counter"):
        meter.watch(COUNTER, dict)
    assert list(meter.read()) == []
