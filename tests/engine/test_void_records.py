"""What a displaced worker writes late is void for every reader, the next worker included."""

from contextlib import AsyncExitStack

from pipeline.core.audit import AuditRecord
from pipeline.core.audit_decode import decode_audit
from pipeline.core.audit_view import Fences
from pipeline.core.record import Record
from tests.support.clock import settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import PARTITION, World, event, record
from tests.support.engine_ports import FakeGroup


def records(first: int, end: int) -> list[Record]:
    return [record(offset, event(offset)) for offset in range(first, end)]


def standing(world: World) -> list[int]:
    """Offsets of the outcomes that count for whoever reads all of the audit."""
    fences = Fences()
    entries = [decode_audit(value) for value in world.audit.logs[0]]
    return [
        entry.source.offset
        for entry in entries
        if entry is not None and fences.admits(entry) and isinstance(entry, AuditRecord)
    ]


def put_out(world: World) -> None:
    """The group takes nothing more from the worker of now."""
    before, world.group = world.group, FakeGroup()
    world.group.commits, world.group.events = before.commits, before.events
    before.is_down = True


async def test_the_successor_of_a_crashed_successor_does_not_believe_it() -> None:
    """The marker that makes it void stands before the place from which the audit is read back."""
    late, stuck = HeldAnswers(), HeldAnswers()
    world = World(destination=FakeDestination(gate=late))
    async with AsyncExitStack() as sleepers:
        sleeper = await sleepers.enter_async_context(world.worker())
        await sleeper.open()
        await sleeper.take(records(0, 2))
        put_out(world)
        world.destination = FakeDestination(gate=stuck)
        async with world.worker() as second:
            await second.open()
            await second.take(records(0, 2))
            stuck.release(1)
            await settle()
            await second.engine.partitions.commit()
            late.open()
            await settle()
        world.destination = FakeDestination()
        async with world.worker() as third:
            await third.open()
            await third.take(records(world.group.commits[PARTITION].offset, 2))
            await third.release()

    assert standing(world) == [0, 1]
