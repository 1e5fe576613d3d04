"""A destination of a few places that slows down ten-fold is not buried; recovered, it is used fully."""

import asyncio
from dataclasses import dataclass, field

from tests.support.clock import FakeClock
from tests.support.destination import FakeDestination
from tests.support.engine import RunningWorker, World, event, record

PLACES, CONCURRENCY = 8, 32
QUICK_S, SLOW_S = 0.1, 1.0


@dataclass
class Places:
    """A gate: so many requests are worked on at a time, the others queue."""

    clock: FakeClock
    takes_s: float = QUICK_S
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PLACES))

    async def __call__(self, _: bytes) -> None:
        async with self.free:
            await self.clock.sleep(self.takes_s)


@dataclass
class Seconds:
    """What each of some seconds saw."""

    delivered: list[int]
    in_flight: list[int]


async def watch(worker: RunningWorker, seconds: int) -> Seconds:
    """Let them pass."""
    world, seen = worker.world, Seconds([], [])
    for _ in range(seconds):
        before = len(world.audit.records())
        await world.clock.advance(1)
        seen.delivered.append(len(world.audit.records()) - before)
        seen.in_flight.append(world.destination.in_flight)
    return seen


async def test_it_is_asked_for_what_it_can_do_and_for_little_more() -> None:
    world = World(concurrency=CONCURRENCY, min_concurrency=CONCURRENCY // 8, max_in_flight_events=5000)
    places = Places(world.clock)
    world.destination = FakeDestination(gate=places)

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(3000)])
        quick = await watch(worker, 8)
        places.takes_s = SLOW_S
        await watch(worker, 10)
        slow = await watch(worker, 12)
        places.takes_s = QUICK_S
        await watch(worker, 2)
        recovered = await watch(worker, 4)

    assert min(quick.delivered) >= 0.9 * PLACES / QUICK_S
    assert max(slow.in_flight) <= 3 * PLACES < CONCURRENCY
    assert sum(slow.delivered) >= 0.8 * PLACES / SLOW_S * len(slow.delivered)
    assert min(recovered.delivered) >= 0.9 * PLACES / QUICK_S
