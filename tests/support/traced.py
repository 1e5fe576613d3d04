"""A tracer that hands its spans to a collector, and the journeys that it is told of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from pipeline.adapters.clock import SystemClock
from pipeline.adapters.open_telemetry import OpenTelemetryTracer, tracer_of
from pipeline.core.exchange import Answer, NoAnswer, NoAnswerKind
from pipeline.core.outcome import Decided, Deliverable, EventSummary
from pipeline.core.record import Headers, Record
from tests.support.audit_entries import audit_record
from tests.support.collector import Collector, collecting
from tests.support.configuration import config

TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
PARENT: Final = "b7ad6b7169203331"
SAMPLED: Final = (("traceparent", f"00-{TRACE}-{PARENT}-01".encode()), ("tracestate", b"vendor=1"))
NOT_SAMPLED: Final = (("traceparent", f"00-{TRACE}-{PARENT}-00".encode()), ("tracestate", b"vendor=1"))
SUMMARY: Final = EventSummary("m-1", "track", "Order Completed", None)
DECIDED: Final = Decided(SUMMARY, (Deliverable("Tracks", "logEvent", b"{}", (), has_visitor_code=False),))
LOST: Final = NoAnswer(NoAnswerKind.TIMEOUT, "no answer in 10 s", bytes_written=True)


def record(headers: Headers = (), offset: int = 7) -> Record:
    return Record("segment-events", 0, offset, 0, b"user", b"{}", headers)


@asynccontextmanager
async def tracing(endpoint: str, ratio: float = 1.0) -> AsyncIterator[OpenTelemetryTracer]:
    """A tracer that is closed at the end."""
    settings = f"tracing: {{endpoint: '{endpoint}', sample_ratio: {ratio}, service_name: shop}}\n"
    tracer = tracer_of(config(settings), "worker-1", SystemClock())
    try:
        yield tracer
    finally:
        await tracer.close()


async def told_of(headers: Headers = (), ratio: float = 1.0) -> Collector:
    """What a collector hears of one delivered event."""
    async with collecting() as collector:
        async with tracing(collector.endpoint, ratio) as tracer:
            deliver(tracer, record(headers))
        return collector


def deliver(tracer: OpenTelemetryTracer, found: Record) -> None:
    """A journey whose second request is taken."""
    journey = tracer.begin(found, DECIDED, SystemClock().now_ms() - 1000)
    if journey is not None:
        journey.send("Tracks", 1, 1)
        journey.answer(LOST, is_accepted=False)
        journey.send("Tracks", 2, 1)
        journey.answer(Answer(200), is_accepted=True)
        journey.conclude(audit_record())
        journey.end(is_settled=True)
