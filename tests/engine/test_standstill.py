"""A worker that stands still for no reason it knows of ends and tells what waits; one that knows waits on."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from pipeline.core.breaker import Cause
from pipeline.core.metrics import LAG_RECORDS
from pipeline.engine.standstill import StandstillError
from tests.support.destination import FakeDestination
from tests.support.engine import RunningWorker, World, event, record

LIMIT_S = 300.0


async def _never(_: bytes) -> None:
    await asyncio.Event().wait()


def _world(**parts: Any) -> World:
    world = World(standstill_s=LIMIT_S, **parts)
    world.meter.watch(LAG_RECORDS, lambda: {("events", "0"): 3.0})
    return world


async def _end_of(worker: RunningWorker) -> BaseException | None:
    """Why the worker ended; None if it runs."""
    ended = [service.exception() for service in worker.services if service.done()]
    return ended[0] if ended else None


async def test_it_ends_and_tells_the_partition_and_the_places_but_no_value() -> None:
    world = _world(destination=FakeDestination(gate=_never))
    with capture_logs() as lines:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(offset, event(offset, user="canary")) for offset in range(3)])
            await world.clock.advance(LIMIT_S)
            assert await _end_of(worker) is None, "the first look only learns how far the worker is"
            await world.clock.advance(LIMIT_S / 10)
            error = await _end_of(worker)

    assert isinstance(error, StandstillError)
    assert str(error) == "3 records wait; for 300 s none was settled or answered"
    (partition,) = [line for line in lines if line["event"] == "a partition stands still"]
    assert partition.items() >= {"watermark": 0, "unsettled": 3, "under_way": 1, "oldest_offset": 0}.items()
    assert partition.items() >= {"for_s": 330.0, "not_admitted": 0, "to_deliver": 1}.items()
    (tasks,) = [line["tasks"] for line in lines if line["event"] == "what the tasks wait for"]
    assert any(place.endswith((" _never", " wait")) for place in tasks)
    assert "canary" not in repr(lines)


@pytest.mark.parametrize("status", ["500", "401", "429"])
async def test_a_destination_that_says_no_for_hours_is_a_known_reason(status: str) -> None:
    world = _world(max_attempts=1000)
    async with world.worker() as worker:
        await worker.open()
        bodies = [event(n, sandbox={"status": ",".join([status] * 2000)}) for n in range(8)]
        await worker.take([record(offset, body) for offset, body in enumerate(bodies)])
        await world.clock.advance(2 * LIMIT_S)
        assert await _end_of(worker) is None
        assert worker.engine.gate.breaker in (None, *Cause)


@pytest.mark.parametrize("status", ["503", "429"])
async def test_a_long_retry_after_of_one_event_is_a_known_reason(status: str) -> None:
    """A 429 of its own holds nobody else, and a 503 never does: nothing else moves on a quiet topic."""
    world = _world()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": f"{status},200", "retry_after": 3000}))])
        await world.clock.advance(2900)
        assert await _end_of(worker) is None
        await world.clock.advance(200)
    assert [found.outcome for found in world.audit.records()] == ["delivered"]


async def test_a_worker_without_its_lease_waits_for_the_brokers() -> None:
    world = _world()
    async with world.worker() as worker:
        await worker.open()
        world.group.is_down = True
        await world.clock.advance(60)
        await worker.take([record(0, event(0))])
        await world.clock.advance(2 * LIMIT_S)
        assert await _end_of(worker) is None
        assert world.destination.sent == []


async def test_dead_letters_that_nobody_takes_are_a_known_reason() -> None:
    world = _world()
    world.letters.is_down = True
    async with world.worker() as worker:
        for _ in range(30):
            await worker.open()  # as the source does with what was given up
            await worker.take([record(0, b"no JSON")])
            await world.clock.advance(LIMIT_S / 15)
            assert worker.engine.partitions.refused == 1
            assert worker.engine.partitions.is_lease_held
        assert await _end_of(worker) is None


async def test_a_worker_with_nothing_to_do_waits_for_ever() -> None:
    world = World(standstill_s=LIMIT_S)
    async with world.worker() as worker:
        await worker.open()
        await world.clock.advance(10 * LIMIT_S)
        assert await _end_of(worker) is None
