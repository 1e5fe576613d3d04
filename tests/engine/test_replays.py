"""Replays on their way through the engine: beside the events, accounted for in the same audit partition."""

from collections.abc import Sequence

from pipeline.core.audit import AuditRecord, OutcomeKind, Position
from pipeline.core.commit import LogRange
from pipeline.core.dead_letter import Origin, Rank, read_origin, replay_headers
from pipeline.core.record import Record, TopicPartition
from pipeline.engine.assignment import Assignment, Chunk
from tests.support.audit_entries import AT
from tests.support.clock import START_MS, settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import PARTITION, REPLAYS, RunningWorker, World, event, record, tracks

OURS = "kameleoon-tests"
REPLAYS_0 = TopicPartition(REPLAYS, 0)


def origin(number: int) -> Position:
    return Position("segment-events", 0, 100 + number)


def replay(
    offset: int,
    mapping: str | None = "Tracks",
    *,
    pipeline: str = OURS,
    status: str = "200",
    user: str = "ann",
) -> Record:
    headers = replay_headers(Origin(pipeline, mapping, origin(offset)), Rank(1, 1), AT)
    value = event(offset, user=user, sandbox={"status": status})
    return Record(REPLAYS, 0, offset, START_MS, b"ann", value, headers)


async def take_over(worker: RunningWorker) -> Assignment:
    (assignment,) = await worker.engine.partitions.open([REPLAYS_0])
    worker.engine.partitions.register([assignment])
    return assignment


async def take(worker: RunningWorker, records: Sequence[Record]) -> None:
    end = records[-1].offset + 1
    worker.world.group.events[REPLAYS_0] = LogRange(0, end)
    assignment = worker.engine.partitions.receive(REPLAYS_0, records)
    assert assignment is not None
    worker.engine.process(Chunk(assignment, records))
    await settle()


def of_replays(world: World) -> list[AuditRecord]:
    return [found for found in world.audit.records() if found.source.topic == REPLAYS]


async def test_a_replay_is_audited_where_it_stands_and_names_its_origin() -> None:
    world = World(plan=tracks("A", "B"))
    async with world.worker() as worker:
        await take_over(worker)
        await take(worker, [replay(0, "B")])

    (found,) = of_replays(world)
    assert (found.outcome, found.mapping, found.part, found.parts) == (OutcomeKind.DELIVERED, "B", 1, 1)
    assert (found.source.partition, found.source.offset) == (0, 0)
    assert found.replay_of == origin(0)
    assert len(world.destination.sent) == 1


async def test_a_replay_that_fails_again_is_a_dead_letter_of_the_same_origin() -> None:
    world = World()
    async with world.worker() as worker:
        await take_over(worker)
        await take(worker, [replay(7, status="400"), replay(8, "Gone")])

    failed, unknown = (read_origin(letter.headers) for letter in world.letters.letters)
    assert {failed, unknown} == {Origin(OURS, "Tracks", origin(7)), Origin(OURS, "Gone", origin(8))}


async def test_a_replay_of_another_pipeline_is_passed_by() -> None:
    world = World()
    async with world.worker() as worker:
        assignment = await take_over(worker)
        await take(worker, [replay(0, pipeline="other"), replay(1, pipeline="other")])

        assert assignment.ledger.watermark == 2
        assert worker.engine.partitions.budget.events == 0

    assert world.audit.records() == []
    assert world.destination.sent == []


async def test_a_replay_waits_for_nobody_and_nobody_for_it() -> None:
    """All of the same visitor, none answered: an event, and replays beside it."""
    gate = HeldAnswers()
    world = World(destination=FakeDestination(gate=gate))
    async with world.worker() as worker:
        await worker.open()
        await take_over(worker)
        await worker.take([record(0, event(0, user="ann"), key=b"ann")])
        await take(worker, [replay(0), replay(1)])
        await gate.until(3)

    assert len(world.destination.sent) == 3


async def test_events_and_replays_of_a_partition_are_accounted_for_apart() -> None:
    """Same partition number, same offsets: what stands on the audit of one says nothing of the other."""
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await take_over(worker)
        await worker.take([record(0, event(0))])
        await take(worker, [replay(0), replay(1)])
    async with world.worker() as worker:  # a crash: nothing was committed since the opening
        await worker.open()
        await take_over(worker)
        await worker.take([record(0, event(0)), record(1, event(1))])
        await take(worker, [replay(0), replay(1), replay(2)])

    found = [(each.source.topic, each.source.offset) for each in world.audit.records()]
    assert sorted(found) == sorted(
        [(REPLAYS, 0), (REPLAYS, 1), (REPLAYS, 2), (PARTITION.topic, 0), (PARTITION.topic, 1)]
    )
    assert len(world.destination.sent) == 5


async def test_what_stands_still_does_not_keep_the_audit_to_be_read_back() -> None:
    """The audit partition grows with the events; the idle partition's own beginning there follows."""
    world = World()
    async with world.worker() as worker:
        await worker.open()
        idle = await take_over(worker)
        await worker.take([record(offset, event(offset)) for offset in range(20)])
        before = idle.ledger.audit_from
        await world.clock.advance(61)

        assert (before, idle.ledger.audit_from) == (1, len(world.audit.logs[0]))


async def test_a_broker_that_does_not_answer_leaves_it_where_it_is() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        idle = await take_over(worker)
        await worker.take([record(offset, event(offset)) for offset in range(20)])
        world.audit.is_down = True
        await world.clock.advance(61)
        world.audit.is_down = False
        before = idle.ledger.audit_from
        await world.clock.advance(61)

        assert (before, idle.ledger.audit_from) == (1, len(world.audit.logs[0]))


async def test_after_a_crash_passed_by_replays_use_up_no_doubt() -> None:
    """The window counts what may have been sent: another pipeline's replay never was."""
    world = World(max_in_flight_events=1)
    world.group.events[REPLAYS_0] = LogRange(0, 3)
    async with world.worker() as worker:
        await take_over(worker)
    async with world.worker() as worker:
        await take_over(worker)
        await take(worker, [replay(0, pipeline="other"), replay(1), replay(2)])

    assert {each.source.offset: each.possible_duplicate for each in of_replays(world)} == {1: True, 2: False}
