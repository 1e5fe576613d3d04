"""Records that retention removed have an outcome: lost, with their exact range, once."""

from pipeline.core.audit_record import OutcomeKind
from pipeline.core.commit import LogRange
from pipeline.core.metrics import RECORDS_LOST
from pipeline.core.record import Record
from tests.support.clock import settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import PARTITION, RunningWorker, World, event, record, tracks


def records(first: int, count: int) -> list[Record]:
    return [record(offset, event(offset)) for offset in range(first, first + count)]


def lost(world: World) -> list[tuple[int, int | None]]:
    return [
        (found.source.offset, found.lost_through)
        for found in world.audit.records()
        if found.outcome is OutcomeKind.LOST
    ]


async def remove(worker: RunningWorker, first: int, end: int) -> None:
    worker.world.group.events[PARTITION] = LogRange(end, end + 10)
    assignment = worker.engine.partitions.assignment(PARTITION)
    assert assignment is not None
    worker.engine.retention.lose(assignment, first, end)
    await settle()


async def test_a_removed_range_is_told_and_the_watermark_passes_it() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 3))
        await remove(worker, 3, 20)
        await worker.take(records(20, 1))
        await worker.release()

    assert lost(world) == [(3, 19)]
    assert world.group.commits[PARTITION].offset == 21
    assert world.letters.letters == []
    assert {(metric, labels): value for metric, labels, value in world.meter.read()}[RECORDS_LOST, ()] == 17


async def test_nothing_passes_the_watermark_before_the_audit_tells_of_it() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.audit.hold()
        await remove(worker, 0, 20)
        await worker.engine.partitions.commit()

    assert world.group.commits[PARTITION].offset == 0


async def test_after_a_crash_a_range_is_not_told_again() -> None:
    world = World()
    for _ in range(2):
        async with world.worker() as worker:
            await worker.open()
            await remove(worker, 0, 20)
    async with world.worker() as worker:
        await worker.open()
        await remove(worker, 0, 30)

    assert lost(world) == [(0, 19), (20, 29)]


async def test_what_was_delivered_in_a_removed_range_is_not_lost() -> None:
    """A stuck record holds the watermark; those behind it were delivered before all were removed."""
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "503"})), *records(1, 3)])
    async with world.worker() as worker:
        await worker.open()
        await remove(worker, 0, 10)
        await worker.release()

    assert lost(world) == [(0, 0), (4, 9)]
    assert world.group.commits[PARTITION].offset == 10


async def test_records_in_memory_outlive_their_removal() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "503,200"}))])
        await remove(worker, 1, 10)
        await world.clock.advance(60)
        await worker.release()

    assert lost(world) == [(1, 9)]
    assert world.group.commits[PARTITION].offset == 10


async def test_what_the_audit_tells_of_records_in_memory_outlives_their_removal() -> None:
    gate = HeldAnswers()
    world = World(plan=tracks("first", "second"), destination=FakeDestination(gate=gate))
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 4))
        gate.release()
        await settle()
    world.max_in_flight_events = 1
    async with world.worker() as worker:
        await worker.open()
        await worker.take(records(0, 4))
        await remove(worker, 4, 10)
        gate.open()
        await settle()

    told = [(found.source.offset, found.mapping) for found in world.audit.records()]
    assert sorted(told) == sorted(
        [*((offset, name) for offset in range(4) for name in ("first", "second")), (4, None)]
    )


async def test_what_this_worker_knows_of_its_sends_outlives_the_removal_of_others() -> None:
    world = World(max_in_flight_events=2)
    doubtful = [record(offset, event(offset, sandbox={"status": "500,503,200"})) for offset in range(2)]
    async with world.worker() as worker:
        await worker.open()
        await worker.take(doubtful)
        worker.engine.partitions.give_up(0, "a time-out")
        assignment = await worker.open()
        assignment.window = 1
        await worker.take(doubtful)
        await remove(worker, 2, 10)
        await world.clock.advance(60)

    flags = {found.source.offset: found.possible_duplicate for found in world.audit.records()}
    assert flags == {0: True, 1: True, 2: False}
