"""Journeys: a record that is traced is told of from its receipt to its last outcome, and to nobody's harm."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from pipeline.core.batch import BatchPolicy
from pipeline.core.trace import TraceContext
from tests.support.clock import START_MS, settle
from tests.support.engine import World, event, record, tracks
from tests.support.tracer import FakeTracer


async def test_a_journey_goes_from_receipt_over_each_attempt_to_the_audit() -> None:
    tracer = FakeTracer()
    world = World(tracer=tracer)
    async with world.worker() as worker:
        assignment = await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "503, 200"}))])
        await world.clock.advance(10)
    (journey,) = tracer.journeys
    assert journey.told == [
        f"received at {START_MS}, 1 parts",
        "send Tracks 1 of 1",
        "answer 503 not taken",
        "send Tracks 2 of 1",
        "answer 200 taken",
        "Tracks delivered accepted",
        "settled",
    ]
    assert world.destination.traces == [TraceContext("0.1"), TraceContext("0.2")]
    assert assignment.journeys == {}


async def test_without_a_tracer_requests_carry_nothing() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])
    assert world.destination.traces == [None]


async def test_what_is_not_traced_carries_nothing_beside_what_is() -> None:
    tracer = FakeTracer(0, 2)
    world = World(tracer=tracer)
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(3)])
    assert [journey.offset for journey in tracer.journeys] == [1]
    assert sorted(world.destination.traces, key=str) == [None, None, TraceContext("1.1")]


async def test_an_event_that_nobody_takes_has_a_journey_without_a_request() -> None:
    tracer = FakeTracer()
    world = World(tracer=tracer)
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, b'{"type":"page","messageId":"m"}')])
    (journey,) = tracer.journeys
    assert journey.told[1:] == ["None filtered no_mapping_matched", "settled"]


async def test_an_event_of_two_mappings_has_one_journey_that_ends_with_the_last() -> None:
    tracer = FakeTracer()
    world = World(tracer=tracer, plan=tracks("A", "B"))
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])
    (journey,) = tracer.journeys
    told = journey.told[1:]
    assert [what for what in told if what.startswith("send")] == ["send A 1 of 1", "send B 1 of 1"]
    assert {"A delivered accepted", "B delivered accepted"} < set(told)
    assert told.count("settled") == 1
    assert told[-1] == "settled"


async def test_outcomes_acknowledged_together_are_all_told() -> None:
    tracer = FakeTracer()
    world = World(tracer=tracer, plan=tracks("A", "B"))
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, b'{"type":"track","event":"E","timestamp":"2026-01-01T00:00:00Z"}')])
    (journey,) = tracer.journeys
    assert journey.told[1:] == [
        "A rejected missing_message_id",
        "B rejected missing_message_id",
        "settled",
    ]


async def test_a_request_of_several_events_carries_the_first_trace() -> None:
    tracer = FakeTracer(0)
    world = World(tracer=tracer, batch=BatchPolicy(10, 100_000, 0.05, is_array=True))
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(3)])
        await world.clock.advance(1)
    assert world.destination.traces == [TraceContext("1.1")]
    assert [journey.told[1] for journey in tracer.journeys] == ["send Tracks 1 of 3"] * 2


async def test_a_dead_letter_goes_on_with_the_trace() -> None:
    """Its original's place in the trace is taken by the journey's own; other headers stay."""
    tracer = FakeTracer(1)
    world = World(tracer=tracer)
    brought = (("traceparent", b"theirs"), ("x", b"y"))
    refused = [
        replace(record(offset, event(offset, sandbox={"status": "400"})), headers=brought)
        for offset in range(2)
    ]
    async with world.worker() as worker:
        await worker.open()
        await worker.take(refused)
    headers = [letter.headers[:3] for letter in world.letters.letters]
    assert sorted(headers) == [
        (("traceparent", b"0"), ("tracestate", b"of=0"), ("x", b"y")),
        (*brought, ("schema", b"dead-letter/1")),
    ]


async def test_what_is_given_back_ends_its_journey_unsettled() -> None:
    tracer = FakeTracer()
    world = World(tracer=tracer)
    async with world.worker() as worker:
        assignment = await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "503"}))])
        await worker.release()
    (journey,) = tracer.journeys
    assert journey.told[-1] == "given back"
    assert assignment.journeys == {}


async def test_what_is_read_again_after_an_unacknowledged_audit_has_a_journey_anew() -> None:
    tracer = FakeTracer()
    world = World(tracer=tracer)
    async with world.worker() as worker:
        await worker.open()
        world.audit.failing.append(False)
        await worker.take([record(0, event(0))])
        assert worker.given_up
        await worker.open()
        await worker.take([record(0, event(0))])
    assert [journey.told[-1] for journey in tracer.journeys] == ["given back", "settled"]


async def test_what_stands_on_the_audit_already_has_no_journey() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])
    world.tracer = tracer = FakeTracer()
    async with world.worker() as worker:
        assignment = await worker.open()
        await worker.take([record(0, event(0)), record(1, event(1))])
    assert [journey.offset for journey in tracer.journeys] == [1]
    assert assignment.journeys == {}


async def test_a_bug_in_a_tracer_ends_the_tracing_and_no_delivery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tracer = FakeTracer()
    tracer.is_broken = True
    world = World(tracer=tracer)
    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(offset, event(offset)) for offset in range(3)])
            await settle()
            await worker.take([record(3, event(3))])
    assert len(world.audit.records()) == 4
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["tracing has ended: a bug"]
    assert [journey.offset for journey in tracer.journeys] == [0, 1, 2]
    assert world.destination.traces == [None] * 4
