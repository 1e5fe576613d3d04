"""The destination as a whole: held when it is at fault, probed with one event at a time, taken up again."""

from collections import Counter

import orjson
import pytest

from pipeline.adapters.sandbox import Faults
from pipeline.adapters.sandbox.stories import Story
from pipeline.core.audit import AuditRecord
from pipeline.core.batch import BatchPolicy
from pipeline.core.outcome import Reason
from pipeline.core.record import Record
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import RunningWorker, World, event, record, tracks

PROBE_INTERVAL_S = 8.0
"""The cap of the back-off in `World`."""

DOWN = Faults(Story(statuses=(500,)))
NO_KEY = Faults(refuse_auth=True)
WRONG_SITECODE = Faults(Story(statuses=(403,)))
"""Every event is refused, and the endpoint says it knows the key."""


def records(count: int, first: int = 0) -> list[Record]:
    return [record(offset, event(offset)) for offset in range(first, first + count)]


def audited(world: World) -> dict[int, AuditRecord]:
    return {found.source.offset: found for found in world.audit.records()}


def outcomes(world: World) -> Counter[str]:
    return Counter(found.outcome.value for found in audited(world).values())


def sent(world: World) -> list[int]:
    return [orjson.loads(body)["properties"]["number"] for body in world.destination.sent]


async def outage(world: World, worker: RunningWorker, faults: Faults, seconds: float) -> None:
    """Take 20 events in while the destination is at fault, for so long."""
    await worker.open()
    world.destination.faults = faults
    await worker.take(records(20))
    await world.clock.advance(seconds)


@pytest.mark.parametrize("faults", [DOWN, NO_KEY, WRONG_SITECODE])
async def test_nothing_fails_and_delivery_goes_on_within_a_probe_interval(faults: Faults) -> None:
    world = World()

    async with world.worker() as worker:
        await outage(world, worker, faults, 1800)
        assert audited(world) == {}
        world.destination.faults = Faults()
        await world.clock.advance(PROBE_INTERVAL_S)
        assert outcomes(world)["delivered"] >= 1
        await world.clock.advance(PROBE_INTERVAL_S)

    assert outcomes(world) == {"delivered": 20}


@pytest.mark.parametrize("faults", [DOWN, WRONG_SITECODE])
async def test_probes_are_one_at_a_time_and_each_of_another_visitor(faults: Faults) -> None:
    world = World(concurrency=10)

    async with world.worker() as worker:
        await outage(world, worker, faults, 0)
        tried = set(sent(world))
        world.destination.max_in_flight = 0
        world.destination.sent.clear()
        await world.clock.advance(60)

    probes, untried = sent(world), 20 - len(tried)
    assert world.destination.max_in_flight == 1
    assert 60 / PROBE_INTERVAL_S <= len(probes) <= 20
    assert not tried & set(probes[:untried]), "those come first that were never tried"
    assert len(set(probes)) == len(probes)


async def test_a_wrong_key_is_asked_about_without_sending_events() -> None:
    world = World()

    async with world.worker() as worker:
        await outage(world, worker, NO_KEY, 0)
        asked, tried = world.destination.checks, len(world.destination.sent)
        await world.clock.advance(300)

    assert len(world.destination.sent) == tried <= world.concurrency
    assert 300 / PROBE_INTERVAL_S <= world.destination.checks - asked <= 2 * 300 / PROBE_INTERVAL_S


async def test_what_was_under_way_when_the_key_was_revoked_does_not_end_the_hold() -> None:
    gate = HeldAnswers()
    world = World(destination=FakeDestination(gate=gate))

    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(2))
        world.destination.faults = NO_KEY
        await worker.take(records(6, first=2))
        gate.release_last()
        await world.clock.advance(0)
        gate.open()
        await world.clock.advance(60)
        tried = len(world.destination.sent)
        await world.clock.advance(60)

        assert len(world.destination.sent) == tried
        assert outcomes(world) == {"delivered": 2}


@pytest.mark.parametrize("status", ["500", "401"])
async def test_one_event_that_is_never_taken_holds_a_quiet_topic_not_for_ever_and_fails(status: str) -> None:
    """Nobody else is there to compare with at first; whoever comes is probed with, and taken."""
    world = World(max_attempts=3)

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": status}))])
        await world.clock.advance(600)
        for offset in range(1, 6):
            await worker.take(records(1, first=offset))
            await world.clock.advance(2 * PROBE_INTERVAL_S)
            assert audited(world)[offset].outcome == "delivered"

    assert audited(world)[0].outcome == "failed"
    assert audited(world)[0].reason == (Reason.REFUSED if status == "401" else Reason.RETRIES_EXHAUSTED)


async def test_an_event_refused_for_good_shows_the_destination_alive() -> None:
    world = World(concurrency=10)

    async with world.worker() as worker:
        await worker.open()
        world.destination.faults = DOWN
        await worker.take(records(10))
        await worker.take([record(10, event(10, sandbox={"status": "400"}))])
        world.destination.faults = Faults()
        await world.clock.advance(PROBE_INTERVAL_S)

    assert outcomes(world) == {"delivered": 10, "failed": 1}


async def test_what_grows_too_old_expires_while_the_destination_is_held() -> None:
    world = World(expire_after_ms=60_000)

    async with world.worker() as worker:
        await outage(world, worker, DOWN, 60 + 2 * PROBE_INTERVAL_S)

    assert outcomes(world) == {"expired": 20}


async def test_what_expires_while_held_is_followed_by_what_waited_behind_it() -> None:
    """Several events of a visitor and several parts of an event: each comes to its end, and nothing else."""
    world = World(expire_after_ms=60_000, plan=tracks("first", "second"))

    async with world.worker() as worker:
        await worker.open()
        world.destination.faults = DOWN
        await worker.take([record(offset, event(offset, user=f"u-{offset % 5}")) for offset in range(20)])
        await world.clock.advance(60 + 2 * PROBE_INTERVAL_S)

    assert Counter(found.outcome.value for found in world.audit.records()) == {"expired": 40}


async def test_what_waits_for_another_attempt_is_not_kept_once_given_back() -> None:
    world = World()

    async with world.worker() as worker:
        await worker.open()
        story = {"status": "503", "retry_after": 3600}
        await worker.take([record(offset, event(offset, sandbox=story)) for offset in range(4)])
        assert len(worker.engine._delivery._waiting) == 4
        await worker.release()

        assert len(worker.engine._delivery._waiting) == 0


async def test_what_is_given_back_while_held_is_forgotten() -> None:
    world = World()

    async with world.worker() as worker:
        await outage(world, worker, DOWN, 300)
        await worker.release()
        await world.clock.advance(60)
        assert len(worker.engine._delivery._turns) == 0
        tried = len(world.destination.sent)
        world.destination.faults = Faults()
        await world.clock.advance(300)

        assert len(world.destination.sent) == tried
        await worker.open()
        await worker.take(records(20))
        await world.clock.advance(1)

    assert outcomes(world) == {"delivered": 20}


async def test_memory_stays_flat_and_polling_goes_on_for_half_an_hour() -> None:
    """The budget bounds what is taken in, the queue what is in it, whatever the backlog."""
    world = World(max_in_flight_events=50)

    async with world.worker() as worker:
        await worker.open()
        world.destination.faults = DOWN
        offset, budget = 0, worker.engine.partitions.budget
        for _ in range(180):
            while budget.room:
                await worker.take(records(1, first=offset))
                offset += 1
            await world.clock.advance(10)
        assert (budget.events, offset) == (50, 50)
        assert len(worker.engine._delivery._turns) + len(worker.engine._delivery._waiting) == 50
        world.destination.faults = Faults()
        await world.clock.advance(2 * PROBE_INTERVAL_S)

    assert outcomes(world) == {"delivered": 50}


async def test_an_array_is_not_lost_when_part_of_it_is_given_back_between_its_halves() -> None:
    world = World(batch=BatchPolicy(4, 100_000, 0.05, is_array=True), concurrency=1)
    story = {"status": "400,429,200", "retry_after": 20}

    async with world.worker() as worker:
        await worker.open()
        values = [event(number, sandbox=story if number == 0 else None) for number in range(4)]
        await worker.take([record(offset, value) for offset, value in enumerate(values)])
        await world.clock.advance(5)
        await worker.release()
        await worker.open()
        await worker.take([record(offset, value) for offset, value in enumerate(values)])
        await world.clock.advance(60)

    assert outcomes(world) == {"delivered": 4}


async def test_a_destination_that_was_away_is_taken_up_gently_and_soon_fully() -> None:
    """Each answer takes a tenth of a second: after some rounds as many are under way as may be."""
    world = World(concurrency=16, max_in_flight_events=10_000)
    world.destination = FakeDestination(gate=lambda _: world.clock.sleep(0.1))

    async with world.worker() as worker:
        await outage(world, worker, DOWN, 60)
        world.destination.faults = Faults()
        await worker.take(records(1000, first=20))
        world.destination.max_in_flight = 0
        while not audited(world):
            await world.clock.advance(0.1)
        await world.clock.advance(0.1)
        assert world.destination.max_in_flight <= 2
        await world.clock.advance(5)
        assert world.destination.max_in_flight == 16


async def test_refusals_that_come_at_once_do_not_make_the_others_look_slow() -> None:
    """A refusal needs no work of the destination: how fast it comes says nothing of the others."""
    world = World(concurrency=8, max_in_flight_events=1000)
    world.destination = FakeDestination(
        gate=lambda body: world.clock.sleep(0.01 if b"sandbox" in body else 0.5)
    )

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset, sandbox={"status": "404"})) for offset in range(120)])
        await world.clock.advance(1)
        assert outcomes(world) == {"failed": 120}
        await worker.take(records(64, first=120))
        await world.clock.advance(2.6)
        world.destination.max_in_flight = 0
        await world.clock.advance(0.6)

    assert world.destination.max_in_flight == 8
