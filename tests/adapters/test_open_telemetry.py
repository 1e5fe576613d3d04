"""The tracer and a collector on loopback: what it tells, what it passes on, what it makes of odd headers."""

import asyncio
import random
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pipeline.adapters.clock import SystemClock
from pipeline.adapters.open_telemetry import OpenTelemetryTracer
from pipeline.core.audit import OutcomeKind
from pipeline.core.exchange import Answer
from pipeline.core.outcome import Decided, EventSummary
from pipeline.core.request import is_legal_header_value
from tests.support.audit_entries import audit_record
from tests.support.collector import collecting
from tests.support.configuration import config
from tests.support.traced import (
    DECIDED,
    NOT_SAMPLED,
    PARENT,
    SAMPLED,
    TRACE,
    deliver,
    record,
    told_of,
    tracing,
)


async def test_a_journey_is_a_span_with_one_below_it_for_each_request() -> None:
    collector = await told_of()
    (journey,) = collector.named("process segment-events")
    first, second = collector.named("POST")
    assert {span.trace for span in collector.spans} == {journey.trace}
    assert {first.parent, second.parent} == {journey.id}
    assert journey.parent == ""
    assert (journey.kind, first.kind) == (5, 3)  # consumer, client
    assert journey.took_ns >= 1_000_000_000
    assert journey.resource["service.name"] == "shop"
    assert journey.resource["service.instance.id"] == "worker-1"
    assert journey.attributes["messaging.message.id"] == "m-1"
    assert journey.attributes["kameleoon.outcome"] == "delivered"
    assert [name for name, _ in journey.events] == ["decided", "outcome"]
    assert (first.attributes["error.type"], first.is_error) == ("timeout", True)
    assert (second.attributes["http.response.status_code"], second.is_error) == (200, False)
    assert second.attributes["http.request.resend_count"] == 1
    assert second.attributes["server.address"] == "integrations.kameleoon.com"
    assert not journey.is_error


async def test_what_was_not_delivered_is_an_error() -> None:
    async with collecting() as collector, tracing(collector.endpoint) as tracer:
        journey = tracer.begin(record(), DECIDED, 0)
        assert journey is not None
        journey.conclude(audit_record())
        journey.conclude(audit_record(outcome=OutcomeKind.FAILED, reason="refused", mapping="B"))
        journey.end(is_settled=True)
    (span,) = collector.spans
    assert span.is_error
    assert (span.attributes["kameleoon.outcome"], span.attributes["kameleoon.mapping"]) == ("failed", "B")
    assert [told["kameleoon.outcome"] for name, told in span.events if name == "outcome"] == [
        "delivered",
        "failed",
    ]


async def test_what_another_worker_goes_on_with_is_told_as_such_with_the_request_under_way() -> None:
    async with collecting() as collector, tracing(collector.endpoint) as tracer:
        journey = tracer.begin(record(), DECIDED, 0)
        assert journey is not None
        journey.send("Tracks", 1, 1)
        journey.end(is_settled=False)
    (journey_span,) = collector.named("process segment-events")
    assert journey_span.attributes["kameleoon.given_back"] is True
    assert len(collector.named("POST")) == 1


async def test_a_trace_that_came_with_the_record_goes_on_whatever_the_ratio() -> None:
    collector = await told_of(SAMPLED, ratio=0)
    (journey,) = collector.named("process segment-events")
    assert (journey.trace, journey.parent, journey.state) == (TRACE, PARENT, "vendor=1")


async def test_a_trace_that_is_not_recorded_is_not_recorded_here_and_passed_on_as_it_came() -> None:
    async with collecting() as collector, tracing(collector.endpoint) as tracer:
        journey = tracer.begin(record(NOT_SAMPLED), DECIDED, 0)
        assert journey is not None
        sent = journey.send("Tracks", 1, 1)
        journey.answer(Answer(200), is_accepted=True)
        journey.conclude(audit_record())
        journey.end(is_settled=True)
    assert collector.spans == []
    expected = tuple((name, value.decode()) for name, value in NOT_SAMPLED)
    assert sent.headers() == journey.context.headers() == expected


async def test_requests_carry_their_own_span_and_records_the_journeys() -> None:
    async with collecting() as collector, tracing(collector.endpoint) as tracer:
        journey = tracer.begin(record(SAMPLED), DECIDED, 0)
        assert journey is not None
        sent = journey.send("Tracks", 1, 1)
        journey.answer(Answer(200), is_accepted=True)
        journey.end(is_settled=True)
    (request,), (whole,) = collector.named("POST"), collector.named("process segment-events")
    assert sent.traceparent == f"00-{TRACE}-{request.id}-01"
    assert journey.context.traceparent == f"00-{TRACE}-{whole.id}-01"
    assert sent.tracestate == journey.context.tracestate == "vendor=1"


@pytest.mark.parametrize("ratio, traced", [(0, 0), (1, 50)])
async def test_the_ratio_is_of_events_without_a_trace_of_their_own(ratio: float, traced: int) -> None:
    async with collecting() as collector, tracing(collector.endpoint, ratio) as tracer:
        for offset in range(50):
            deliver(tracer, record(offset=offset))
    assert len(collector.named("process segment-events")) == traced


async def test_a_ratio_between_traces_some() -> None:
    async with collecting() as collector, tracing(collector.endpoint, 0.5) as tracer:
        for offset in range(200):
            deliver(tracer, record(offset=offset))
    assert 40 < len(collector.named("process segment-events")) < 160


MALFORMED: Final = (
    "",
    "00",
    f"00-{TRACE}-{PARENT}",
    f"00-{TRACE}-{PARENT}-1",
    f"00-{'0' * 32}-{PARENT}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"00-{TRACE.upper()}-{PARENT}-01",
    f"ff-{TRACE}-{PARENT}-01",
    f"00-{TRACE}-{PARENT}-01-more",
    f"00-{TRACE}-{PARENT}-01\r\nx-evil: 1",
    f"\r\n00-{TRACE}-{PARENT}-01",
)


@pytest.mark.parametrize("parent", MALFORMED)
async def test_a_malformed_parent_counts_as_none(parent: str) -> None:
    collector = await told_of((("traceparent", parent.encode()),))
    (journey,) = collector.named("process segment-events")
    assert journey.trace != TRACE
    assert journey.parent == ""
    assert (await told_of((("traceparent", parent.encode()),), ratio=0)).spans == []


@pytest.mark.parametrize("state", [b"a=b\r\nx-evil: 1", b"=", b"\xff=1", b"a=1,a=2", b"k=" + b"v" * 600])
async def test_a_malformed_state_is_left_out_and_its_parent_stands(state: bytes) -> None:
    collector = await told_of((SAMPLED[0], ("tracestate", state)))
    (journey,) = collector.named("process segment-events")
    assert (journey.trace, journey.state) == (TRACE, "")


_PARENTS: Final = st.sampled_from([header.encode() for header in MALFORMED]) | st.binary(max_size=80)
_GOOD: Final = st.just(SAMPLED[0][1]) | st.just(NOT_SAMPLED[0][1])
_STATES: Final = st.binary(max_size=80) | st.from_regex(r"[a-z=,;\r\n \t]*", fullmatch=True).map(str.encode)


@pytest.fixture(scope="module")
def unheard() -> Iterator[OpenTelemetryTracer]:
    """A tracer that hands nothing over."""
    settings = config("tracing: {endpoint: 'http://127.0.0.1:1/v1/traces', sample_ratio: 0.5}\n").tracing
    tracer = OpenTelemetryTracer(
        InMemorySpanExporter(), settings, "group", "worker-1", {}, SystemClock(), random.random
    )
    yield tracer
    asyncio.run(tracer.close())


@given(parent=_PARENTS | _GOOD, state=_STATES, message_id=st.text(st.characters(), max_size=20))
def test_whatever_a_sender_writes_can_stand_in_a_header(
    unheard: OpenTelemetryTracer, parent: bytes, state: bytes, message_id: str
) -> None:
    """No bytes raise, and none gets out that would end a header."""
    tracer = unheard
    found = record((("traceparent", parent), ("tracestate", state)))
    journey = tracer.begin(found, Decided(EventSummary(message_id, None, None, None), ()), 0)
    told = [] if journey is None else [*journey.context.headers(), *journey.send("M", 1, 1).headers()]
    for _, value in told:
        assert value.isascii()
        assert value.isprintable()
        assert is_legal_header_value(value)


async def test_a_library_that_is_switched_off_by_its_own_variable_traces_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert (await told_of()).spans == []
    assert (await told_of(SAMPLED)).spans == []


async def test_a_lone_surrogate_spoils_nothing_that_is_exported_with_it() -> None:
    async with collecting() as collector, tracing(collector.endpoint) as tracer:
        odd = Decided(EventSummary("\ud800", "track", None, None), DECIDED.parts)
        for decided in (odd, DECIDED):
            journey = tracer.begin(record(), decided, 0)
            assert journey is not None
            journey.end(is_settled=True)
    assert [span.attributes["messaging.message.id"] for span in collector.spans] == ["\ufffd", "m-1"]
