"""Arrays that fail again and again: their good events get through; an outage leaves arrays whole."""

from collections import Counter

import orjson
import pytest

from pipeline.adapters.sandbox import Faults
from pipeline.adapters.sandbox.stories import Story
from pipeline.core.batch import BatchPolicy
from pipeline.core.record import Record
from tests.support.engine import World, event, record

MOST = 4
ARRAY = BatchPolicy(max_events=MOST, max_bytes=100_000, linger_s=0.05, is_array=True)
DOWN = Faults(Story(statuses=(503,)))


def poisoned(arrays: int, status: str, visitors: int) -> list[Record]:
    """So many arrays with a bad event in each, and behind them more of the same visitors' good ones."""
    bad = {"status": status}
    return [
        record(
            offset,
            event(
                offset,
                user=f"u-{offset % visitors}",
                sandbox=bad if offset < arrays * MOST and offset % MOST == 1 else None,
            ),
        )
        for offset in range(arrays * MOST + 3 * visitors)
    ]


def outcomes(world: World) -> Counter[str]:
    return Counter(found.outcome.value for found in world.audit.records())


def sizes(world: World) -> list[int]:
    return [len(orjson.loads(body)) for body in world.destination.sent]


@pytest.mark.parametrize("status", ["500", "401"])
@pytest.mark.parametrize("arrays", [1, 3, 8])
async def test_a_bad_event_in_each_array_holds_nobody_but_its_visitor(arrays: int, status: str) -> None:
    """No array is accepted as it is. When others come the bad ones are charged, and fail."""
    records = poisoned(arrays, status, visitors=arrays * MOST)
    others = [record(offset, event(offset)) for offset in range(1000, 1010)]
    world = World(batch=ARRAY, concurrency=16, max_in_flight_events=len(records) + 10, max_attempts=3)

    async with world.worker() as worker:
        await worker.open()
        await worker.take(records)
        await world.clock.advance(300)
        assert outcomes(world) == {"delivered": len(records) - 4 * arrays}
        for other in others:
            await worker.take([other])
            await world.clock.advance(10)

    assert outcomes(world) == {"delivered": len(records) - arrays + len(others), "failed": arrays}


async def test_an_outage_leaves_arrays_whole_but_for_one_event_a_probe() -> None:
    count = 16 * MOST
    world = World(batch=ARRAY, concurrency=16, max_in_flight_events=count)

    async with world.worker() as worker:
        await worker.open()
        world.destination.faults = DOWN
        await worker.take([record(offset, event(offset)) for offset in range(count)])
        await world.clock.advance(60)
        whole, probes = sizes(world)[:16], sizes(world)[16:]
        assert whole == [MOST] * 16
        assert set(probes) == {1}
        world.destination.sent.clear()
        world.destination.faults = Faults()
        await world.clock.advance(60)

    assert outcomes(world) == {"delivered": count}
    assert len(world.destination.sent) <= 16 + len(probes)


async def test_a_moment_of_trouble_takes_no_array_apart() -> None:
    world = World(batch=ARRAY, concurrency=4)
    twice = {"status": "503,500,200"}

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset, sandbox=twice)) for offset in range(MOST)])
        await world.clock.advance(60)

    assert sizes(world) == [MOST] * 3
