"""The sizing page says what its model says, and the model keeps the laws it names."""

from dataclasses import replace
from typing import Final

import orjson
import pytest

from bench.corpus.events import events
from bench.corpus.shapes import preset_plan
from bench.results import RESULTS
from bench.sizing.inputs import RATES, Inputs, measured, tables
from bench.sizing.limits import limits
from bench.sizing.model import Endpoint, array_events, bounds, capacity, cpu_us, need, topics
from bench.sizing.page import PAGE, filled, made_tables

INPUTS: Final = Inputs(
    single_cpu_us=100.0, array_cpu_us=60.0, tls_factor=1.1, worker_mib=128.0, array_worker_mib=160.0
)
FAR: Final = Endpoint(0.05, is_array=False)
FAR_ARRAYS: Final = Endpoint(0.05, is_array=True)


def test_the_page_is_what_the_model_says() -> None:
    """Else: `python -m bench.sizing`."""
    page = PAGE.read_text()
    assert filled(page, measured(), RESULTS.read_text()) == page


def test_the_page_shows_every_table_but_the_limits_that_resemble_others() -> None:
    page = PAGE.read_text()
    left_out = {name for name in made_tables(INPUTS, "") if f"<!-- table: {name} -->" not in page}
    assert left_out == {"limits-arrays-5"}


def test_a_table_that_nobody_makes_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        filled("<!-- table: weather -->\n<!-- end -->", INPUTS, "")


def test_figures_are_read_from_the_results() -> None:
    text = """# Results

## Side by side

| contender | events/s | CPU µs an event | peak memory |
|---|--:|--:|--:|
| kameleoon-pipeline | 6,834 (4,675 to 6,966) | 139.3 (139.1 to 143.6) | 124 MiB |
| kameleoon-pipeline, arrays of 100 | 8,802 | 98.8 | 170 MiB |
| Segment's engine | - | - | - |

| this | against | times |
|---|---|--:|
| kameleoon-pipeline | Segment's engine | 3.00 |

## TLS

| contender | CPU µs an event |
|---|--:|
| kameleoon-pipeline | 100.0 |
| TLS | 120.0 |
"""
    found = measured(text)
    assert (found.single_cpu_us, found.array_cpu_us, found.tls_factor) == (139.3, 98.8, 1.2)
    assert (found.worker_mib, found.array_worker_mib) == (124, 170)
    assert tables(text)["Side by side"]["kameleoon-pipeline"]["events/s"] == 6834
    assert tables(text)["Side by side"]["Segment's engine"] == {}


def test_an_event_costs_what_was_measured_and_in_between_what_lies_between() -> None:
    assert cpu_us(INPUTS, 1, is_tls=False) == pytest.approx(100)
    assert cpu_us(INPUTS, 100, is_tls=False) == pytest.approx(60)
    assert 60 < cpu_us(INPUTS, 10, is_tls=False) < 65
    assert cpu_us(INPUTS, 1, is_tls=True) == pytest.approx(110)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("endpoint", [FAR, FAR_ARRAYS, Endpoint(0.005, is_array=False)])
def test_the_workers_bear_the_rate_and_one_less_would_not(endpoint: Endpoint, rate: int) -> None:
    found = need(INPUTS, endpoint, rate)
    assert found.workers * capacity(INPUTS, endpoint, found.array_events) >= rate
    fewer = found.workers - 1
    held = array_events(INPUTS, rate / fewer) if fewer else 1.0
    assert fewer * capacity(INPUTS, endpoint, held) < rate


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("endpoint", [FAR, FAR_ARRAYS])
def test_with_the_settings_of_the_table_neither_requests_nor_events_in_flight_hold_it_back(
    endpoint: Endpoint, rate: int
) -> None:
    found = need(INPUTS, endpoint, rate)
    most = bounds(INPUTS, endpoint, found.concurrency, found.in_flight)
    assert most.in_flight >= rate / found.workers
    assert found.concurrency * found.array_events / endpoint.latency_s >= rate / found.workers


def test_littles_law() -> None:
    assert need(INPUTS, FAR, 10_000).connections == pytest.approx(500)
    assert bounds(INPUTS, FAR, 64).requests == pytest.approx(1280)


def test_arrays_hold_what_comes_while_they_linger() -> None:
    assert [array_events(INPUTS, rate) for rate in (1, 1000, 1_000_000)] == [1, 50, 100]


def test_what_kafka_has_to_bear() -> None:
    found = topics(replace(INPUTS, event_bytes=1000, audit_bytes=500, copies=3, broker_mb_s=100), 100_000)
    assert (found.events_mb_s, found.audit_mb_s, found.written_mb_s) == (100, 50, 450)
    assert found.brokers == 5
    assert found.audit_tb == pytest.approx(129.6)


def test_a_limit_that_is_lifted_comes_later() -> None:
    def first(inputs: Inputs) -> str:
        return next(limit.what for limit in limits(inputs, FAR) if "worker" in limit.what)

    assert "64 requests" in first(INPUTS)
    assert "events in flight" in first(replace(INPUTS, concurrency=1000, rounds_in_flight=20))
    assert "core" in first(replace(INPUTS, concurrency=1000, max_in_flight_events=8000))


def test_the_sizes_are_those_of_the_corpus() -> None:
    """As JSON; a record on disk has some tens of bytes more."""
    corpus = list(events(preset_plan(), 500, 1))
    assert all(orjson.loads(event) for event in corpus[:5])
    mean = sum(map(len, corpus)) / len(corpus)
    assert mean == pytest.approx(measured().event_bytes, rel=0.15)
