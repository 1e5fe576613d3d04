"""Taking over, committing and releasing: what the next worker must know, it finds."""

import asyncio

import pytest

from pipeline.core.commit import Committed, LogRange, parse_metadata
from pipeline.core.record import Record
from pipeline.engine.opening import StartRefusedError
from pipeline.ports import LogUnavailable
from tests.support.clock import START_MS, settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import PARTITION, World, event, record, tracks


def records(first: int, count: int) -> list[Record]:
    return [record(offset, event(offset)) for offset in range(first, first + count)]


def state(world: World) -> tuple[int, bool, int]:
    """The committed offset, whether it is open, and the epoch."""
    committed = world.group.commits[PARTITION]
    metadata = parse_metadata(committed.metadata)
    assert metadata is not None
    return committed.offset, metadata.is_open, metadata.epoch


async def test_the_opening_commit_stands_before_anything_is_sent() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()

        assert state(world) == (0, True, START_MS)
        assert world.destination.sent == []


async def test_a_release_closes_and_the_next_epoch_is_clean() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 5))
        await worker.release()
        assert state(world) == (5, False, START_MS)

        await worker.open()
        await worker.take(records(5, 3))

    assert state(world)[2] == START_MS + 1
    assert not any(found.possible_duplicate for found in world.audit.records())


async def test_a_release_waits_for_what_is_under_way_and_drops_the_rest() -> None:
    gate = HeldAnswers()
    world = World(destination=FakeDestination(gate=gate), concurrency=2)
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 6))
        await gate.until(2)
        gate.open()
        await worker.release()

    assert len(world.destination.sent) == 2
    assert state(world)[:2] == (2, False)
    assert worker.engine.partitions.budget.events == 0
    assert worker.engine.partitions.budget.bytes == 0


async def test_what_waits_for_a_doubtful_retry_keeps_the_assignment_open() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "500,200"}))])
        await worker.release()

    assert state(world)[:2] == (0, True)


async def test_what_waits_for_a_harmless_retry_does_not() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "503,200"}))])
        await worker.release()

    assert state(world)[:2] == (0, False)


async def test_an_inherited_window_outlives_a_quick_release() -> None:
    """A crash leaves doubt; a successor that releases before it has worked that off passes the doubt on."""
    world = World(max_in_flight_events=4)
    world.group.events[PARTITION] = LogRange(0, 10)
    async with world.worker() as worker:
        await worker.open()
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 2))
        await worker.release()
    assert state(world)[:2] == (2, True)

    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(2, 4))
        await worker.take(records(6, 4))

    flagged = [found.source.offset for found in world.audit.records() if found.possible_duplicate]
    assert flagged == [0, 1, 2, 3]


async def test_after_a_crash_the_first_unaudited_records_are_flagged_and_no_more() -> None:
    world = World(max_in_flight_events=3)
    world.group.events[PARTITION] = LogRange(0, 7)
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 2))
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 3))
        await worker.take(records(3, 4))

    found = {each.source.offset: each.possible_duplicate for each in world.audit.records()}
    assert found == {0: False, 1: False, 2: True, 3: True, 4: True, 5: False, 6: False}


async def test_records_that_came_after_a_crash_are_clean() -> None:
    """What did not exist when the worker died, it cannot have sent."""
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 2))
        await worker.engine.partitions.commit()
        await worker.take([record(2, event(2, sandbox={"status": "503"}))])
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(2, 1))
        await worker.take(records(3, 3))

    flagged = [found.source.offset for found in world.audit.records() if found.possible_duplicate]
    assert flagged == [2]


async def test_what_was_read_back_is_found_again_after_a_second_crash() -> None:
    """Records above a stuck one: audited once, through any number of crashes."""
    world = World()
    stuck = record(0, event(0, sandbox={"status": "503"}))
    for crash in range(3):
        async with world.worker() as worker:
            await worker.open()
            await worker.take([stuck, *records(1, 3 + crash)])
            await worker.engine.partitions.commit()

    assert sorted(found.source.offset for found in world.audit.records()) == [1, 2, 3, 4, 5]


async def test_parts_audited_before_a_crash_stand() -> None:
    gate = HeldAnswers()
    world = World(destination=FakeDestination(gate=gate), plan=tracks("first", "second"))
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])
        gate.release()
        await settle()
    gate.open()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])

    assert [found.mapping for found in world.audit.records()] == ["first", "second"]
    assert len(world.destination.sent) == 3, "the part that was under way at the crash is sent again"


async def test_an_offset_set_by_hand_begins_a_new_pass() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 2))
        await worker.release()
    world.group.commits[PARTITION] = Committed(0, "")
    await world.clock.advance(5)
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 2))

    passes = [found.pass_ for found in world.audit.records()]
    assert passes == [START_MS, START_MS, START_MS + 5000, START_MS + 5000]


async def test_nothing_is_sent_while_commits_cannot_be_read() -> None:
    world = World()
    world.group.is_down = True
    async with world.worker() as worker:
        with pytest.raises(LogUnavailable):
            await worker.open()


async def test_a_commit_beyond_the_topic_is_the_operators_to_mend() -> None:
    world = World()
    world.group.commits[PARTITION] = Committed(7, "")
    async with world.worker() as worker:
        with pytest.raises(StartRefusedError, match="partition 0: the committed offset 7 lies beyond"):
            await worker.open()


async def test_records_of_a_partition_that_is_not_ours_are_dropped() -> None:
    world = World()
    async with world.worker() as worker:
        assert worker.engine.partitions.receive(PARTITION, records(0, 1)) is None


async def test_a_stuck_record_stops_its_partition_at_the_spread() -> None:
    world = World(max_spread=5, max_in_flight_events=100)
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "503"})), *records(1, 3)])
        assert not worker.engine.partitions.is_stretched(PARTITION)
        await worker.take(records(4, 1))
        assert worker.engine.partitions.is_stretched(PARTITION)


async def test_commits_are_made_whether_anything_moved_or_not() -> None:
    """Each proves that the group still counts the worker in."""
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.engine.partitions.commit()
        before = world.group.commits.pop(PARTITION)
        await worker.engine.partitions.commit()

    assert world.group.commits[PARTITION] == before


async def test_a_late_commit_never_overtakes_the_last_one() -> None:
    """A client that tries a commit again may do so when the partition is somebody else's already."""
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 1))
        world.group.hold()
        late = asyncio.create_task(worker.engine.partitions.commit())
        await settle()
        world.group.let_later_ones_pass()
        await worker.take(records(1, 3))
        releasing = asyncio.create_task(worker.release())
        await settle()
        world.group.go_on()
        await asyncio.gather(late, releasing)

    assert state(world)[:2] == (4, False)


async def test_an_audit_that_is_not_acknowledged_settles_nothing() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.audit.hold()
        await worker.take(records(0, 3))
        await worker.engine.partitions.commit()

    assert state(world)[0] == 0
