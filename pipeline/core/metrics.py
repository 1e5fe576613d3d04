"""Every metric of a worker: its name, kind, labels and meaning.

`docs/metrics.md` is generated from this. Who counts hands a constant of this module to the engine's
`Meter`. A label never holds what an event says: names, texts and identities would grow without end.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.core.exchange import Answer, Exchange


class MetricKind(StrEnum):
    """How the values of a metric are to be read."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric. `bounds` are the upper bounds of a histogram's buckets, without the last, endless one.

    Compared and hashed by identity: the constants below are the only ones.
    """

    name: str
    kind: MetricKind
    meaning: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


def _counter(name: str, meaning: str, *labels: str) -> Metric:
    return Metric(f"kameleoon_pipeline_{name}_total", MetricKind.COUNTER, meaning, labels)


def _gauge(name: str, meaning: str, *labels: str) -> Metric:
    return Metric(f"kameleoon_pipeline_{name}", MetricKind.GAUGE, meaning, labels)


RECORDS_RECEIVED: Final = _counter(
    "records_received", "Records received from the events topic; after a hand-over some come again."
)
RECORDS_SETTLED: Final = _counter(
    "records_settled", "Records all of whose outcomes are acknowledged on the audit topic."
)
RECORDS_LOST: Final = _counter(
    "records_lost", "Offsets that retention removed before they were read; some may have held no record."
)
OUTCOMES: Final = _counter(
    "outcomes",
    "Outcomes decided, one for each event and mapping, with the reason code.",
    "stage",
    "outcome",
    "reason",
)
POSSIBLE_DUPLICATES: Final = _counter(
    "possible_duplicates", "Outcomes that say `possible_duplicate`: Kameleoon may have got the event twice."
)

HTTP_ANSWERS: Final = _counter(
    "http_answers",
    "Requests to the destination that ended, by HTTP status, or by the kind of failure where none came.",
    "answer",
)
HTTP_SECONDS: Final = Metric(
    "kameleoon_pipeline_http_seconds",
    MetricKind.HISTOGRAM,
    "How long the requests to the destination took, the answer's body included.",
    bounds=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
ATTEMPTS: Final = _counter(
    "attempts",
    "Attempts to deliver, one for each event and mapping in a request: what is tried again counts again.",
)
ATTEMPTS_CHARGED: Final = _counter(
    "attempts_charged", "Requests whose failure was the event's own fault: others were accepted meanwhile."
)
RETRIES: Final = _counter("retries", "Requests that failed and are to be made again.")
REQUESTS_UNDER_WAY: Final = _gauge("requests_under_way", "Requests to the destination without an answer yet.")

BREAKER_OPEN: Final = _gauge(
    "breaker_open", "Whether the destination is probed with one request at a time, by cause: 1 or 0.", "cause"
)
BREAKER_OPENED: Final = _counter("breaker_opened", "How often the breaker opened, by cause.", "cause")
PROBES: Final = _counter(
    "probes",
    "Probes of a destination that took nothing: of the key or with an event, taken or refused.",
    "probe",
    "result",
)
BRAKE_ON: Final = _gauge(
    "brake_on", "Whether the worker holds because nearly everything failed or was rejected: 1 or 0."
)
CONCURRENCY_LIMIT: Final = _gauge(
    "concurrency_limit", "How many requests may be under way at a time, as answers come fast or slowly."
)
RATE_LIMIT: Final = _gauge(
    "rate_limit_per_second", "The requests a second that are made at most; absent before the first 429."
)
HELD_SECONDS: Final = _gauge(
    "held_seconds", "For how long the destination still asks to be left alone with Retry-After."
)

IN_FLIGHT_EVENTS: Final = _gauge("in_flight_events", "Records received and not settled yet.")
IN_FLIGHT_BYTES: Final = _gauge("in_flight_bytes", "The size of the records received and not settled yet.")
WATERMARK: Final = _gauge(
    "watermark_offset",
    "The offset up to which every record of the partition is settled: what is committed.",
    "topic",
    "partition",
)
OLDEST_UNSETTLED_SECONDS: Final = _gauge(
    "oldest_unsettled_seconds",
    "How long ago the oldest record that is not settled was received from the partition; 0 without one.",
    "topic",
    "partition",
)

LAG_RECORDS: Final = _gauge(
    "lag_records",
    "Records of the partition that are not settled, received or not; looked up every few seconds.",
    "topic",
    "partition",
)
LAG_SECONDS: Final = _gauge(
    "lag_seconds",
    "How old, by its own timestamp, the oldest record received is that is not settled; 0 without one.",
    "topic",
    "partition",
)

AUDIT_SECONDS: Final = Metric(
    "kameleoon_pipeline_audit_seconds",
    MetricKind.HISTOGRAM,
    "How long the brokers took to acknowledge outcomes, one value for each append to the audit topic.",
    bounds=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
AUDIT_FAILURES: Final = _counter(
    "audit_failures",
    "Times that the brokers did not acknowledge the audit of a partition: it was given up and read back.",
)
AUDIT_REFUSED: Final = _gauge(
    "audit_refused_partitions",
    "Partitions that wait for the brokers to take their outcomes or dead letters; nothing passes them.",
)
AUDIT_PENDING: Final = _gauge("audit_pending", "Outcomes that the audit topic has not acknowledged yet.")

PARTITIONS_HELD: Final = _gauge("partitions_held", "Partitions that this worker reads from.")
PARTITIONS_PAUSED: Final = _gauge(
    "partitions_paused",
    "Partitions held and not read from now: there is no room in flight, or one record holds too many up.",
)
PARTITIONS_OPENED: Final = _counter(
    "partitions_opened", "Partitions taken over: at the start, by a rebalance, or opened again."
)
PARTITIONS_RELEASED: Final = _counter(
    "partitions_released", "Partitions given back in order: by a rebalance or a stop."
)
LEASE_HELD: Final = _gauge(
    "lease_held",
    "Whether a commit has succeeded within `kafka.session_timeout`: 1 or 0; without, nothing is sent.",
)
COMMITS_FAILED: Final = _counter(
    "commits_failed", "Regular commits that the brokers did not take; tried again a second later."
)

EVENT_NAMES: Final = _gauge(
    "event_names",
    "Different event names sent since the worker started, counted to 10,000: Kameleoon makes goals of them.",
)

METRICS: Final = tuple(found for found in globals().copy().values() if isinstance(found, Metric))
"""Every metric, in the order of this module."""


def answer_label(exchange: Exchange) -> str:
    """The label `answer` of an exchange: the HTTP status, or why none came."""
    return str(exchange.status) if isinstance(exchange, Answer) else exchange.kind.value
