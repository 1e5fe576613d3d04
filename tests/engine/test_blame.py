"""Nobody pays for the destination's faults: outages and keys that come and go cost no event."""

import asyncio
import json

from structlog.testing import capture_logs

from pipeline.adapters.sandbox import Faults
from tests.support.clock import settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import RunningWorker, World, event, record

NO_KEY = Faults(refuse_auth=True)
ALWAYS_500 = {"status": "500"}


def outcomes(world: World) -> list[str]:
    return [found.outcome for found in world.audit.records()]


async def test_an_event_that_failed_once_long_ago_survives_an_outage_of_any_length() -> None:
    world = World(max_attempts=2)

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "500,200"}))])
        await worker.take([record(offset, event(offset)) for offset in range(1, 10)])
        assert outcomes(world) == ["delivered"] * 9
        world.destination.is_reachable = False
        await world.clock.advance(4 * 3600)
        assert outcomes(world) == ["delivered"] * 9
        world.destination.is_reachable = True
        await world.clock.advance(60)

    assert outcomes(world) == ["delivered"] * 10


async def test_a_key_revoked_while_exchanges_are_under_way_fails_nothing_once_mended() -> None:
    """What was sent with the good key is answered after the first refusal, and proves nothing."""
    gate = HeldAnswers()
    world = World(max_attempts=1, concurrency=8, destination=FakeDestination(gate=gate))

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(4)])
        world.destination.faults = NO_KEY
        await worker.take([record(offset, event(offset)) for offset in range(4, 8)])
        await answer_last_first(gate)
        gate.open()
        await world.clock.advance(3600)
        assert outcomes(world) == ["delivered"] * 4
        world.destination.faults = Faults()
        await world.clock.advance(60)

    assert outcomes(world) == ["delivered"] * 8


async def answer_last_first(gate: HeldAnswers) -> None:
    assert len(gate.held) == 8
    for _ in range(8):
        gate.release_last()
        await settle()


async def test_a_key_that_comes_and_goes_fails_nothing() -> None:
    world = World(max_attempts=3, max_in_flight_events=1000)

    async with world.worker() as worker:
        await worker.open()
        taking = asyncio.create_task(take_slowly(worker, 200))
        for _ in range(40):
            world.destination.faults = NO_KEY if world.destination.faults == Faults() else Faults()
            await world.clock.advance(7)
        world.destination.faults = Faults()
        await world.clock.advance(120)
        await taking

    assert outcomes(world) == ["delivered"] * 200


async def take_slowly(worker: RunningWorker, count: int) -> None:
    for offset in range(count):
        await worker.take([record(offset, event(offset))])
        await worker.world.clock.sleep(1)


async def test_a_visitor_whose_events_fill_the_window_holds_the_partition() -> None:
    """Nobody else gets through to show that the destination is well: the first event is never charged."""
    world = World(max_in_flight_events=8)
    poisoned = record(0, event(0, user="one", sandbox=ALWAYS_500))
    behind = [record(offset, event(offset, user="one")) for offset in range(1, 8)]
    others = [record(offset, event(offset)) for offset in range(8, 20)]

    async with world.worker() as worker:
        await worker.open()
        with capture_logs() as logs:
            await worker.take([poisoned, *behind, *others])
            await world.clock.advance(3600)

    assert outcomes(world) == []
    assert {json.loads(body)["messageId"] for body in world.destination.sent} == {"m-0"}
    (told,) = {line["breaker"] for line in logs if line["event"] == "Kameleoon takes nothing, events wait"}
    assert told == "closed"


async def test_with_room_for_one_more_others_pass_and_the_visitor_goes_on_without_that_event() -> None:
    world = World(max_in_flight_events=9, max_attempts=3)
    poisoned = record(0, event(0, user="one", sandbox=ALWAYS_500))

    async with world.worker() as worker:
        await worker.open()
        await worker.take([poisoned, *(record(offset, event(offset, user="one")) for offset in range(1, 8))])
        for offset in range(8, 20):
            await worker.take([record(offset, event(offset))])
            await world.clock.advance(10)

    assert sorted(outcomes(world)) == ["delivered"] * 19 + ["failed"]


async def test_visitors_who_fill_the_window_look_like_an_outage_until_a_worker_has_more_room() -> None:
    """So a worker leaves them that died again and again before it had tried any often enough."""
    world = World(max_in_flight_events=12)
    poisoned = [
        record(offset, event(offset, user=f"user-{offset}", sandbox=ALWAYS_500)) for offset in range(6)
    ]
    behind = [record(offset, event(offset, user=f"user-{offset % 6}")) for offset in range(6, 12)]
    others = [record(offset, event(offset)) for offset in range(12, 20)]

    async with world.worker() as worker:
        await worker.open()
        with capture_logs() as logs:
            await worker.take([*poisoned, *behind, *others])
            await world.clock.advance(3600)
    assert outcomes(world) == []
    told = [line["breaker"] for line in logs if line["event"] == "Kameleoon takes nothing, events wait"]
    assert told[-1] == "failing"

    world.max_in_flight_events = 20
    async with world.worker() as worker:
        await worker.open()
        await worker.take([*poisoned, *behind, *others])
        for offset in range(20, 30):
            await worker.take([record(offset, event(offset))])
            await world.clock.advance(60)
    assert sorted(outcomes(world)) == ["delivered"] * 24 + ["failed"] * 6
