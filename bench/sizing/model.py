"""What a rate takes, computed from the inputs: Little's law, CPU time per event, bytes per event. Pure."""

import math
from dataclasses import dataclass
from typing import Final

from bench.sizing.inputs import Inputs

_MB: Final = 1e6
_TB: Final = 1e12
_DAY_S: Final = 86_400
_LEAST_BROKERS: Final = 3


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How long a request takes, and whether it carries arrays; `is_tls` as Kameleoon's is."""

    latency_s: float
    is_array: bool
    is_tls: bool = True


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most events a second of one worker, by what bounds it."""

    core: float
    requests: float
    in_flight: float

    @property
    def lowest(self) -> float:
        """What the worker really delivers."""
        return min(self.core, self.requests, self.in_flight)


@dataclass(frozen=True, slots=True)
class Need:
    """What a rate takes. `connections`: under way on average; `concurrency`, `in_flight`: of one worker."""

    rate: float
    workers: int
    partitions: int
    array_events: float
    requests_per_s: float
    connections: float
    concurrency: int
    in_flight: int
    memory_gib: float


@dataclass(frozen=True, slots=True)
class Topics:
    """What a rate asks of Kafka: MB/s before copies, disk for one copy of the audit, brokers."""

    rate: float
    events_mb_s: float
    audit_mb_s: float
    written_mb_s: float
    audit_tb: float
    audit_zstd_tb: float
    brokers: int


def cpu_us(inputs: Inputs, events: float, *, is_tls: bool) -> float:
    """CPU time of one event in a request of so many: a part of its own, and its share of the request's."""
    request_us = (inputs.single_cpu_us - inputs.array_cpu_us) / (1 - 1 / inputs.array_events)
    own_us = inputs.single_cpu_us - request_us
    return (own_us + request_us / events) * (inputs.tls_factor if is_tls else 1.0)


def bounds(
    inputs: Inputs, endpoint: Endpoint, concurrency: int | None = None, in_flight: int | None = None
) -> Bounds:
    """What one worker delivers at most from a backlog; without settings, with the defaults."""
    concurrency = concurrency or inputs.concurrency
    in_flight = in_flight or usual_in_flight(inputs, endpoint)
    events = inputs.array_events if endpoint.is_array else 1
    return Bounds(
        core=1e6 / cpu_us(inputs, events, is_tls=endpoint.is_tls),
        requests=concurrency * events / endpoint.latency_s if endpoint.latency_s else math.inf,
        in_flight=in_flight / stay_s(inputs, endpoint),
    )


def usual_in_flight(inputs: Inputs, endpoint: Endpoint) -> int:
    """The default of `delivery.max_in_flight_events`."""
    return inputs.array_max_in_flight_events if endpoint.is_array else inputs.max_in_flight_events


def stay_s(inputs: Inputs, endpoint: Endpoint) -> float:
    """How long an event is in flight, from its admission to its acknowledged audit record."""
    linger_s = inputs.array_linger_s if endpoint.is_array else 0.0
    return (
        linger_s + inputs.rounds_in_flight * endpoint.latency_s + inputs.audit_linger_s + inputs.audit_ack_s
    )


def need(inputs: Inputs, endpoint: Endpoint, rate: float) -> Need:
    """What it takes to deliver so many events a second, with cores no busier than chosen."""
    workers, events = _workers(inputs, endpoint, rate)
    requests_per_s = rate / events
    connections = requests_per_s * endpoint.latency_s
    each_mib = inputs.array_worker_mib if endpoint.is_array else inputs.worker_mib
    stay = stay_s(inputs, endpoint)
    return Need(
        rate=rate,
        workers=workers,
        partitions=workers * inputs.partitions_per_worker,
        array_events=events,
        requests_per_s=requests_per_s,
        connections=connections,
        concurrency=math.ceil(inputs.spare_connections * connections / workers),
        in_flight=math.ceil(inputs.spare_connections * rate / workers * stay),
        memory_gib=workers * each_mib / 1024,
    )


def _workers(inputs: Inputs, endpoint: Endpoint, rate: float) -> tuple[int, float]:
    """The fewest workers that are no busier than chosen, and the events in one of their requests."""
    workers = math.ceil(rate / capacity(inputs, endpoint, inputs.array_events))
    while True:
        events = array_events(inputs, rate / workers) if endpoint.is_array else 1.0
        if rate <= workers * capacity(inputs, endpoint, events):
            return workers, events
        workers += 1


def capacity(inputs: Inputs, endpoint: Endpoint, events: float) -> float:
    """Events a second of one worker whose core is as busy as chosen, with so many events in an array."""
    used_us = cpu_us(inputs, events if endpoint.is_array else 1, is_tls=endpoint.is_tls)
    return inputs.core_share * 1e6 / used_us


def array_events(inputs: Inputs, rate: float) -> float:
    """How many events of a worker's rate an array holds: what comes while it lingers."""
    return min(inputs.array_events, max(1.0, rate * inputs.array_linger_s))


def topics(inputs: Inputs, rate: float) -> Topics:
    """What so many events a second ask of the brokers."""
    events_mb_s, audit_mb_s = rate * inputs.event_bytes / _MB, rate * inputs.audit_bytes / _MB
    written = inputs.copies * (events_mb_s + audit_mb_s)
    kept_s = inputs.audit_days * _DAY_S
    return Topics(
        rate=rate,
        events_mb_s=events_mb_s,
        audit_mb_s=audit_mb_s,
        written_mb_s=written,
        audit_tb=rate * inputs.audit_bytes * kept_s / _TB,
        audit_zstd_tb=rate * inputs.audit_zstd_bytes * kept_s / _TB,
        brokers=max(_LEAST_BROKERS, math.ceil(written / inputs.broker_mb_s)),
    )
