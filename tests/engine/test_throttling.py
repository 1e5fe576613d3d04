"""What a 429 changes: the pace of all requests, once; what is one event's own holds nobody else."""

from collections import Counter

import orjson
import pytest
from structlog.testing import capture_logs

from pipeline.core.metrics import RATE_LIMIT
from pipeline.core.record import Record
from tests.support.engine import World, event, record, said


def records(count: int, first: int = 0) -> list[Record]:
    return [record(offset, event(offset)) for offset in range(first, first + count)]


def outcomes(world: World) -> Counter[str]:
    return Counter(found.outcome.value for found in world.audit.records())


def sent(world: World) -> list[int]:
    return [orjson.loads(body)["properties"]["number"] for body in world.destination.sent]


async def test_a_429_paces_the_requests_and_tells_so_once() -> None:
    world = World(concurrency=10, max_in_flight_events=1000)

    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(0, event(0, sandbox={"status": "429,200"})), *records(9, first=1)])
            await worker.take(records(90, first=10))
            at_once = len(world.destination.sent)
            await world.clock.advance(5)
            meanwhile = len(world.destination.sent)
            limits = [value for metric, _, value in world.meter.read() if metric is RATE_LIMIT]
            await world.clock.advance(60)

    assert at_once < 40
    assert 40 < meanwhile - at_once < 60
    assert limits == [pytest.approx(10, rel=0.2)]
    assert outcomes(world) == {"delivered": 100}
    assert [line["event"] for line in said(logs)] == ["Kameleoon asks for fewer requests"]


async def test_a_429_that_does_not_say_how_long_holds_nobody_but_its_visitor() -> None:
    world = World(jitter=lambda: 0.9)

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "429,429,429,200"}))])
        await worker.take(records(2, first=1))
        await world.clock.advance(2.5)
        assert outcomes(world) == {"delivered": 2}


async def test_one_event_that_always_gets_429_holds_nobody_but_its_visitor() -> None:
    """The first time everyone waits as asked. Others accepted, the next are about this event alone."""
    world = World()

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "429", "retry_after": 20}))])
        for offset in range(1, 201):
            await worker.take(records(1, first=offset))
            await world.clock.advance(1)
            if offset >= 25:
                assert outcomes(world) == {"delivered": offset}

    assert sent(world).count(0) >= 10


async def test_a_slow_pace_does_not_slow_down_what_expires() -> None:
    """A backlog that is too old is dropped at once, so that what is young can be sent."""
    world = World(expire_after_ms=60_000, max_in_flight_events=1000)

    async with world.worker() as worker:
        await worker.open()
        await worker.take(
            [record(offset, event(offset, sandbox={"status": "429,200"})) for offset in range(4)]
        )
        old = [record(offset, event(offset), timestamp_ms=0) for offset in range(4, 404)]
        await worker.take([*old, record(404, event(404))])
        await world.clock.advance(3)

    assert outcomes(world) == {"delivered": 5, "expired": 400}
