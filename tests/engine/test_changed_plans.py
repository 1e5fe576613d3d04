"""Mappings that change between crash and start: what is audited stands, what is promised is kept."""

from pipeline.core.outcome import Reason
from tests.support.clock import settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import World, event, record, tracks


async def test_what_is_complete_under_an_older_plan_stands_under_a_new_one() -> None:
    world = World(plan=tracks("first"))
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])
    world.plan = tracks("first", "second")
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])

    assert [found.mapping for found in world.audit.records()] == ["first"]


async def test_a_record_begun_under_one_plan_and_another_is_complete_only_with_the_newest() -> None:
    """Two crashes and two plans: parts that each plan audited do not add up to a whole."""
    gate = HeldAnswers()
    world = World(destination=FakeDestination(gate=gate), plan=tracks("first", "second"))
    for names in (("first", "second"), ("first", "third", "fourth")):
        world.plan = tracks(*names)
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(0, event(0))])
            gate.release()
            await settle()
    gate.open()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])

    assert [found.mapping for found in world.audit.records()] == ["first", "third", "fourth"]


async def test_what_two_older_plans_left_and_a_newer_one_takes_is_told_whole() -> None:
    """Parts of mappings that are gone do not stand for those of the newest plan."""
    world = await _half_told("first", "second", "third", told=2)
    gate = HeldAnswers()
    world.destination = FakeDestination(gate=gate)
    world.plan = tracks("first", "fourth", "fifth")
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])
        gate.release()
        await settle()
    gate.open()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])

    assert _told(world) == [
        ("first", 1, 3),
        ("second", 2, 3),
        ("fourth", 3, 4),
        ("fifth", 4, 4),
    ]


async def test_a_promise_that_no_mapping_keeps_any_more_is_closed() -> None:
    world = await _half_told("first", "second", "third", told=2)
    world.plan = tracks("first")
    for _ in range(2):
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(0, event(0))])

    assert _told(world) == [("first", 1, 3), ("second", 2, 3), (None, 3, 3)]
    assert world.audit.records()[-1].reason == Reason.NO_MAPPING_LEFT


async def test_a_renamed_mapping_is_another_one() -> None:
    world = await _half_told("first", "second", told=1)
    world.plan = tracks("first by another name", "second")
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])

    assert _told(world) == [("first", 1, 2), ("first by another name", 2, 3), ("second", 3, 3)]


async def _half_told(*mappings: str, told: int) -> World:
    """A world whose worker died with so many parts of record 0 on the audit topic."""
    gate = HeldAnswers()
    world = World(destination=FakeDestination(gate=gate), plan=tracks(*mappings))
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])
        for _ in range(told):
            gate.release()
            await settle()
    world.destination = FakeDestination()
    return world


def _told(world: World) -> list[tuple[str | None, int, int]]:
    return [(found.mapping, found.part, found.parts) for found in world.audit.records()]
