"""The tables of the bench: which variants of which contenders run side by side in each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from bench.contenders.contender import Contender
from bench.contenders.faust import FAUST
from bench.contenders.loops import AIOHTTP_LOOP, DIRECT_LOOP
from bench.contenders.pipeline import PIPELINE
from bench.contenders.redpanda import REDPANDA, REDPANDA_KEPT
from bench.contenders.segment import SEGMENT

SLOW_MS: Final = 50.0
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_ARRAY: Final = {"array": {"max_events": 100}}
_DELIVERY: Final = ("concurrency", "wire", "client", "max_in_flight_events")


@dataclass(frozen=True, slots=True)
class Variant:
    """A contender with settings, and the endpoint that it meets."""

    name: str
    title: str
    contender: Contender
    options: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    latency_ms: float = 0
    tls: bool = False
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """Variants whose rounds are interleaved. `share` of EVENTS or `events` are delivered in each run."""

    name: str
    title: str
    says: str
    variants: tuple[Variant, ...]
    share: float = 1.0
    events: int | None = None
    rounds: int | None = None
    is_paced: bool = False


def _pipeline(name: str, title: str, *, mappings: int = 4, **other: Any) -> Variant:
    delivery = {key: other.pop(key) for key in _DELIVERY if key in other}
    return Variant(name, title, PIPELINE, {"delivery": delivery, "mappings": mappings}, **other)


def _plain(contender: Contender) -> Variant:
    return Variant(contender.name, contender.title, contender)


_SINGLE: Final = _pipeline("pipeline", "kameleoon-pipeline")
_ARRAYS: Final = _pipeline("pipeline-array", "kameleoon-pipeline, arrays of 100", wire=_ARRAY)
_AIOHTTP: Final = _pipeline("pipeline-aiohttp", "kameleoon-pipeline, `client: aiohttp`", client="aiohttp")

_SLOW: Final = _pipeline(
    "slow-256", "kameleoon-pipeline, 50 ms, concurrency 256", latency_ms=SLOW_MS, concurrency=256
)

TABLES: Final = (
    Table(
        "peers",
        "Side by side",
        "The same events, an endpoint that answers at once, 64 requests at a time, one core each.",
        (
            _SINGLE,
            _ARRAYS,
            _AIOHTTP,
            _plain(DIRECT_LOOP),
            _plain(AIOHTTP_LOOP),
            _plain(FAUST),
            _plain(SEGMENT),
            _plain(REDPANDA),
            _plain(REDPANDA_KEPT),
        ),
    ),
    Table(
        "mappings",
        "4 and 50 mappings",
        "46 more triggers, each of which asks for the name of a track event.",
        (_SINGLE, _pipeline("pipeline-50", "kameleoon-pipeline, 50 mappings", mappings=50)),
        share=0.5,
    ),
    Table(
        "tls",
        "TLS",
        "The same endpoint behind TLS.",
        (_SINGLE, _pipeline("pipeline-tls", "kameleoon-pipeline, TLS", tls=True)),
        share=0.5,
    ),
    Table(
        "slow",
        "An endpoint that takes 50 ms",
        "Requests at a time decide: 64 / 0.05 s = 1,280 a second.",
        (
            _pipeline("slow-64", "kameleoon-pipeline, 50 ms, concurrency 64", latency_ms=SLOW_MS),
            _SLOW,
            _pipeline(
                "slow-64-2",
                "kameleoon-pipeline, 50 ms, concurrency 64, 2 workers",
                latency_ms=SLOW_MS,
                workers=2,
            ),
            _pipeline("slow-array", "arrays of 100", wire=_ARRAY, latency_ms=SLOW_MS),
            _pipeline(
                "slow-array-6400",
                "arrays of 100, 6,400 in flight",
                wire=_ARRAY,
                max_in_flight_events=6400,
                latency_ms=SLOW_MS,
            ),
        ),
        events=25_000,  # so long a run that the start of a second worker does not count
    ),
    Table(
        "latency",
        "Latency at half load",
        "Events are produced at half of what the contender delivered at full speed; from the timestamp of the"
        " record to the answer of the endpoint.",
        (_SINGLE, _ARRAYS, _AIOHTTP, _plain(FAUST), _plain(REDPANDA), _plain(REDPANDA_KEPT), _SLOW),
        is_paced=True,
    ),
    Table(
        "backlog",
        "A backlog of 1,000,000 events",
        "Memory over the run.",
        (_SINGLE,),
        events=1_000_000,
        rounds=1,
    ),
)
