"""What a crash leaves in doubt is bounded: a window a partition, committed before it is used."""

import pytest

from pipeline.core.commit import parse_metadata
from pipeline.core.record import Record, TopicPartition
from pipeline.engine.budget import InFlightBudget
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import PARTITION, TOPIC, World, event, record


def records(first: int, count: int) -> list[Record]:
    return [record(offset, event(offset)) for offset in range(first, first + count)]


async def test_a_partition_has_its_share_of_the_budget_and_the_rest_waits() -> None:
    """A crash leaves the doubt of two budgets at most, however many partitions there are."""
    gate = HeldAnswers()
    world = World(destination=FakeDestination(gate=gate), max_in_flight_events=8, concurrency=8)
    others = [TopicPartition(TOPIC, number) for number in range(1, 8)]
    async with world.worker() as worker:
        assignment = await worker.open()
        worker.engine.partitions.register(await worker.engine.partitions.open(others))
        await worker.engine.partitions.commit()
        await worker.take(records(0, 5))

        assert windows(world) == [2] * 8
        assert len(world.destination.sent) == 2
        assert worker.engine.partitions.is_stretched(PARTITION)
        gate.open()
        await worker.take(records(5, 1))
        assert [found.source.offset for found in world.audit.records()] == [0, 1, 2, 3, 4, 5]
        assert len(assignment.entries) == 0


async def test_a_window_is_committed_before_it_is_used() -> None:
    """A successor must not doubt less than what a worker that just lost partitions may have sent."""
    gate = HeldAnswers()
    world = World(destination=FakeDestination(gate=gate), max_in_flight_events=8, concurrency=8)
    async with world.worker() as worker:
        others = [TopicPartition(TOPIC, number) for number in range(1, 8)]
        assignment = await worker.open()
        worker.engine.partitions.register(await worker.engine.partitions.open(others))
        await worker.engine.partitions.commit()
        await worker.engine.partitions.release(others)
        await worker.take(records(0, 6))
        assert (len(assignment.entries), windows(world)[0]) == (2, 2)

        await worker.engine.partitions.commit()
        await worker.take(records(6, 1))

        assert (len(assignment.entries), windows(world)[0]) == (7, 8)


def windows(world: World) -> list[int]:
    found = (parse_metadata(commit.metadata) for _, commit in sorted(world.group.commits.items()))
    return [metadata.window for metadata in found if metadata is not None]


async def test_where_all_of_a_predecessors_time_is_settled_no_doubt_is_passed_on() -> None:
    """It had a window and left nothing in it: who comes after an orderly stop marks nothing new."""
    world = World(max_in_flight_events=8)
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 4))
    async with world.worker() as successor:
        await successor.open()
        await successor.take(records(0, 4))
        await successor.release()

    metadata = parse_metadata(world.group.commits[PARTITION].metadata)
    assert metadata is not None
    assert (metadata.is_open, metadata.window) == (False, 0)


@pytest.mark.parametrize("partitions", range(2, 100))
def test_one_partition_of_several_never_takes_all_the_room(partitions: int) -> None:
    """It has its share, as many that wait, and at most a third that was received at once."""
    budget = InFlightBudget(512, 1_000_000)

    assert budget.share(partitions) * 2 + budget.max_events // 3 < budget.max_events
    assert budget.share(partitions) * partitions < 2 * budget.max_events + partitions
    assert budget.share(1) == budget.max_events


async def test_one_partition_of_several_never_takes_all_the_bytes() -> None:
    """One visitor's large events wait behind one that fails: what others deliver must charge it."""
    world = World(destination=FakeDestination(gate=HeldAnswers()))
    large = [record(offset, event(offset, user="u" * 60_000)) for offset in range(9)]
    async with world.worker() as worker:
        await worker.open()
        await worker.take(large)
        partitions = worker.engine.partitions
        assert not partitions.is_stretched(PARTITION), "all the room is its own"
        partitions.register(await partitions.open([TopicPartition(TOPIC, 1)]))

        assert partitions.is_stretched(PARTITION)
        assert not partitions.is_stretched(TopicPartition(TOPIC, 1))
        assert partitions.budget.room > 0
