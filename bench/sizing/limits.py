"""Which limit comes first as the rate grows, and what to set against it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.sizing.inputs import Inputs
from bench.sizing.model import Endpoint, bounds, capacity, usual_in_flight

_TB: Final = 1e12
_MB: Final = 1e6
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` is where it begins, in events a second, if nothing is set against it."""

    rate: float
    what: str
    mend: str


def limits(inputs: Inputs, endpoint: Endpoint) -> list[Limit]:
    """In the order in which they come, with the defaults and one worker at the beginning."""
    found = [*_of_a_worker(inputs, endpoint), *_of_kafka(inputs, endpoint), *_of_the_way(inputs, endpoint)]
    return sorted(found, key=lambda limit: limit.rate)


def _of_a_worker(inputs: Inputs, endpoint: Endpoint) -> Iterator[Limit]:
    most = bounds(inputs, endpoint)
    yield Limit(
        most.requests,
        f"one worker's {inputs.concurrency} requests at a time",
        "`delivery.concurrency`",
    )
    yield Limit(
        most.in_flight,
        f"one worker's {usual_in_flight(inputs, endpoint):,} events in flight",
        "`delivery.max_in_flight_events`, to the size in the tables above",
    )
    yield Limit(
        capacity(inputs, endpoint, inputs.array_events),
        f"{inputs.core_share:.0%} of one worker's core",
        "a second worker: `run --workers`",
    )


def _of_kafka(inputs: Inputs, endpoint: Endpoint) -> Iterator[Limit]:
    each = capacity(inputs, endpoint, inputs.array_events)
    yield Limit(
        inputs.disk_tb * _TB / (inputs.audit_bytes * inputs.audit_days * _DAY_S),
        f"{inputs.audit_days} days of audit fill {inputs.disk_tb:g} TB, each copy",
        "`compression.type=zstd` on the audit topic, or less `retention.ms`",
    )
    yield Limit(
        inputs.workers_tried * each,
        f"more than {inputs.workers_tried} workers at full speed: nobody has measured it",
        "measure",
    )
    yield Limit(
        inputs.default_partitions * each,
        f"{inputs.default_partitions} partitions, the contract's number: so many workers at most",
        "more partitions before the first event; all topics alike",
    )
    yield Limit(
        _brokers_of_copies(inputs),
        f"{inputs.copies} brokers that take {inputs.broker_mb_s:g} MB/s each, with {inputs.copies} copies",
        "more brokers",
    )


def _brokers_of_copies(inputs: Inputs) -> float:
    return inputs.broker_mb_s * _MB / (inputs.event_bytes + inputs.audit_bytes)


def _of_the_way(inputs: Inputs, endpoint: Endpoint) -> Iterator[Limit]:
    events = inputs.array_events if endpoint.is_array else 1
    yield Limit(
        inputs.ports * events / endpoint.latency_s,
        f"{inputs.ports:,} connections from one address to Kameleoon",
        "more addresses: more machines, more of the gateway's",
    )
