"""An audit that is not acknowledged is given up, read back and gone on with: nothing is sent again for it."""

import asyncio

import pytest

from pipeline.core.commit import Committed
from pipeline.core.record import Record
from pipeline.ports import LogUnavailable
from tests.support.clock import START_MS, settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import PARTITION, World, event, record, tracks


def records(first: int, count: int) -> list[Record]:
    return [record(offset, event(offset)) for offset in range(first, first + count)]


def told(world: World) -> list[tuple[int, int, bool]]:
    """Offset, epoch above the first, and flag of each outcome on the audit topic."""
    return [
        (each.source.offset, each.epoch - START_MS, each.possible_duplicate) for each in world.audit.records()
    ]


async def test_what_does_not_stand_is_told_again_and_not_sent_again() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 1))
        world.audit.failing.append(False)
        await worker.take(records(1, 2))
        await worker.open()
        await worker.take(records(0, 4))

    assert told(world) == [(0, 0, False), (1, 1, False), (2, 1, False), (3, 1, False)]
    assert len(world.destination.sent) == 4


async def test_what_stands_nevertheless_is_not_told_twice() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.audit.failing.append(True)
        await worker.take(records(0, 2))
        await worker.open()
        await worker.take(records(0, 3))

    assert told(world) == [(0, 0, False), (1, 0, False), (2, 1, False)]
    assert len(world.destination.sent) == 3


async def test_it_is_opened_again_only_after_the_exchanges_under_way() -> None:
    gate = HeldAnswers()
    world = World(destination=FakeDestination(gate=gate))
    async with world.worker() as worker:
        await worker.open()
        world.audit.failing.append(False)
        await worker.take([record(0, b"poison"), *records(1, 2)])
        assert worker.given_up == [PARTITION]
        opening = asyncio.create_task(worker.open())
        await settle()
        assert not opening.done()
        gate.open()
        await opening
        await worker.take([record(0, b"poison"), *records(1, 3)])

    assert told(world) == [(0, 1, False), (1, 1, False), (2, 1, False), (3, 1, False)]
    assert len(world.destination.sent) == 3


async def test_what_may_have_arrived_keeps_its_flag() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "500,200"}))])
        world.audit.failing.append(False)
        await worker.take(records(1, 1))
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "500,200"})), *records(1, 2)])
        await world.clock.advance(60)

    assert sorted(told(world)) == [(0, 1, True), (1, 1, False), (2, 1, False)]


async def test_a_second_failure_before_all_was_read_again_forgets_nothing() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.audit.failing.extend([False, False])
        await worker.take(records(0, 4))
        with pytest.raises(LogUnavailable):
            await worker.open()
        await worker.open()
        await worker.take(records(0, 1))
        world.audit.failing.append(False)
        await worker.take(records(1, 1))
        await worker.open()
        await worker.take(records(1, 4))

    assert sorted(offset for offset, _, _ in told(world)) == [0, 1, 2, 3, 4]
    assert len(world.destination.sent) == 5


async def test_a_commit_older_than_ones_own_is_not_obeyed() -> None:
    """Brokers that crashed together tell an old one for a while, or none."""
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 2))
        world.audit.failing.append(False)
        await worker.take(records(2, 1))
        newest, world.group.commits = world.group.commits, {}
        with pytest.raises(LogUnavailable, match="older than one"):
            await worker.open()
        world.group.commits = newest
        await worker.open()
        await worker.take(records(0, 3))

    assert told(world) == [(0, 0, False), (1, 0, False), (2, 1, False)]
    assert len(world.destination.sent) == 3


async def test_one_part_that_stands_and_one_that_does_not() -> None:
    world = World(plan=tracks("first", "second"))
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 1))
        world.audit.hold()
        await worker.take(records(1, 1))
        world.audit.failing.append(True)
        world.audit.go_on()
        await settle()
        await worker.open()
        await worker.take(records(1, 1))

    assert len(world.destination.sent) == 4
    assert len(world.audit.records()) == 4


async def test_an_operator_who_sets_the_offset_meanwhile_is_obeyed() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.audit.failing.append(False)
        await worker.take(records(0, 2))
        world.group.commits[PARTITION] = Committed(0, "")
        await world.clock.advance(1)
        await worker.open()
        await worker.take(records(0, 2))

    assert len(world.destination.sent) == 4


async def test_a_release_while_given_up_waits_and_passes_the_doubt_on() -> None:
    gate = HeldAnswers()
    world = World(destination=FakeDestination(gate=gate))
    async with world.worker() as worker:
        await worker.open()
        world.audit.failing.append(False)
        await worker.take([record(0, b"poison"), *records(1, 1)])
        releasing = asyncio.create_task(worker.release())
        await settle()
        assert not releasing.done(), "an exchange is under way"
        gate.open()
        await releasing
        await worker.open()
        await worker.take([record(0, b"poison"), *records(1, 1)])

    assert told(world) == [(0, 1, False), (1, 1, True)]


async def test_who_refuses_everything_is_asked_after_ever_longer_pauses() -> None:
    """Each opening costs commits and a marker. What failed after some progress is tried at once again."""
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.letters.is_down = True
        for _ in range(8):
            await worker.take([record(0, b"poison"), *records(1, 1)])
            assert worker.engine.partitions.refused == 1
            await worker.open()
        world.letters.is_down = False
        await worker.take([record(0, b"poison"), *records(1, 1)])
        assert worker.engine.partitions.refused == 0
        world.audit.failing.append(False)
        await worker.take(records(2, 1))

    assert worker.pauses_s == [0, 1, 2, 4, 8, 16, 30, 30, 0]
    assert [offset for offset, _, _ in told(world)] == [0, 1]
    assert len(world.destination.sent) == 2, "what was answered is not sent again"


async def test_a_partition_that_stands_idle_is_not_refused() -> None:
    """It was given up with its neighbour on the audit: there is nothing that waits."""
    world = World()
    async with world.worker() as worker:
        await worker.open()
        worker.engine.partitions.give_up(0, "of another")
        assert worker.engine.partitions.refused == 1
        await worker.open()

        assert worker.engine.partitions.refused == 0


async def test_a_partition_that_waits_for_kameleoon_is_not_refused_by_the_audit() -> None:
    """The brokers hiccup while Kameleoon is away: the audit is well again long before the watermark moves."""
    world = World()
    world.destination.is_reachable = False
    topic = [*records(0, 1), record(1, b"poison")]
    async with world.worker() as worker:
        await worker.open()
        world.audit.failing.append(False)
        await worker.take(topic)
        await worker.open()
        world.audit.hold()
        await worker.take(topic)
        assert worker.engine.partitions.refused == 1
        world.audit.go_on()
        await settle()

        assert [offset for offset, _, _ in told(world)] == [1]
        assert worker.engine.partitions.refused == 0


async def test_what_a_lost_audit_told_of_is_sent_again_and_marked() -> None:
    """The topic was deleted and made anew: only the worker itself knows what it has settled."""
    may_answer = asyncio.Event()

    async def gate(body: bytes) -> None:
        if b'"m-0"' in body:
            await may_answer.wait()

    world = World(destination=FakeDestination(gate=gate))
    topic = [*records(0, 3), record(3, b"poison"), *records(4, 1)]
    async with world.worker() as worker:
        await worker.open()
        await worker.take(topic[:3])
        assert [offset for offset, _, _ in told(world)] == [1, 2]
        world.audit.logs.clear()
        world.audit.failing.append(False)
        await worker.take(topic[3:4])
        may_answer.set()
        await worker.open()
        await worker.take(topic)

    assert sorted(told(world)) == [(0, 1, False), (1, 1, True), (2, 1, True), (3, 1, False), (4, 1, False)]


async def test_what_is_known_of_the_settled_does_not_grow_with_each_time() -> None:
    may_answer = asyncio.Event()

    async def gate(body: bytes) -> None:
        if b'"m-0"' in body:
            await may_answer.wait()

    world = World(destination=FakeDestination(gate=gate))
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 4))
        worker.engine.partitions.give_up(0, "a time-out")
        may_answer.set()
        await worker.open()
        await worker.take(records(0, 4))
        worker.engine.partitions.give_up(0, "a time-out")
        assignment = await worker.open()

    assert assignment.ledger.watermark == 0, "as committed"
    assert (assignment._settled_below, assignment._settled_before) == (4, frozenset())
