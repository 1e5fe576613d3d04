"""The source on a consumer in memory: whatever happens meanwhile, no record passes unseen."""

import asyncio

import pytest

from pipeline.adapters import kafka_handover, kafka_source
from pipeline.core.metrics import PARTITIONS_OPENED
from pipeline.core.record import TopicPartition
from pipeline.engine.opening import StartRefusedError
from pipeline.ports import LogUnavailable
from tests.support.clock import settle
from tests.support.source import P0, P1, P2, Scene, running, until


@pytest.fixture(autouse=True)
def _without_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_source, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(kafka_source, "_RETRY_S", 0.0)
    monkeypatch.setattr(kafka_handover, "_RETRY_S", 0.0)


async def test_while_partitions_are_opened_no_record_is_taken() -> None:
    """A race once lost what was read between the seek of one partition and the end of the opening."""
    async with running(Scene(held=500)) as scene:
        scene.audit.hold()
        scene.assign(P0, P1, P2)
        await settle(200)
        assert scene.taken == {}

        scene.audit.go_on()
        await until(lambda: sum(map(len, scene.taken.values())) == 1000)

        for partition in (P0, P1, P2):
            offsets = scene.offsets(partition)
            assert offsets == list(range(len(offsets)))


async def test_a_rebalance_while_partitions_are_opened_begins_anew() -> None:
    async with running(Scene(held=300)) as scene:
        scene.audit.hold()
        scene.assign(P0, P1)
        await settle()
        rebalancing = asyncio.create_task(scene.rebalance(P1, P2))
        await settle()
        scene.audit.go_on()
        await rebalancing

        await until(lambda: len(scene.offsets(P1)) == len(scene.offsets(P2)) == 300)

        assert scene.offsets(P1) == scene.offsets(P2) == list(range(300))


async def test_records_that_wait_over_a_rebalance_are_not_the_next_assignments() -> None:
    async with running(Scene(held=80)) as scene:
        scene.gate.clear()
        scene.assign(P0, P1, P2)
        await until(lambda: sum(scene.consumer.positions.values()) > 0)
        await settle()
        await scene.rebalance(P0, P1, P2)
        await settle(300)
        scene.gate.set()

        await until(lambda: all(len(scene.offsets(partition)) == 80 for partition in (P0, P1, P2)))
        await settle(300)

        for partition in (P0, P1, P2):
            assert scene.offsets(partition) == list(range(80))


async def test_a_partition_opened_while_there_is_no_room_loses_nothing() -> None:
    """During an outage the audit gets the counterpart that a partition has waited for."""
    scene = Scene(held=300, budget=100)
    scene.audit.partitions = 1
    async with running(scene):
        scene.assign(P0, P1)
        await until(lambda: len(scene.offsets(P0)) == 100)
        await settle(100)

        scene.audit.partitions = 2
        await settle(200)
        scene.settle()
        await until(lambda: len(scene.offsets(P0)) == len(scene.offsets(P1)) == 300)

        assert scene.offsets(P0) == scene.offsets(P1) == list(range(300))


async def test_a_partition_that_must_wait_while_others_go_on_is_passed_over() -> None:
    """Paused, the client would throw away what it has fetched of it, and fetch it again."""
    scene = Scene(held=100)
    async with running(scene):
        scene.assign(P0, P1)
        await until(lambda: len(scene.offsets(P0)) == len(scene.offsets(P1)) == 100)
        stretched = scene.partitions.assignment(TopicPartition(*P0))
        assert stretched is not None
        stretched.window = 50
        await settle()
        scene.consumer.held = 200
        await until(lambda: len(scene.offsets(P1)) == 200)

        assert len(scene.offsets(P0)) == 100
        assert scene.consumer.paused == set()
        stretched.window = 200
        await until(lambda: len(scene.offsets(P0)) == 200)


async def test_never_more_is_taken_than_there_is_room_for() -> None:
    """A crash is accounted for by this bound, and so it is none to be exceeded a little."""
    scene = Scene(held=5000, budget=100)
    scene.audit.partitions = 1
    async with running(scene):
        scene.assign(P0, P1, P2)
        await settle(500)
        scene.audit.partitions = 3
        await settle(500)

        assert sum(map(len, scene.taken.values())) == scene.partitions.budget.events == 100


async def test_an_opening_that_ends_by_itself_ends_the_worker() -> None:
    """The client's own cancellations look like ours: a partition must not stay closed in silence."""
    scene = Scene(held=10)
    reading = asyncio.create_task(scene.source.run(scene.deliver))
    await settle()

    async def cancelled() -> int:
        raise asyncio.CancelledError

    scene.audit.partition_count = cancelled  # type: ignore[method-assign]  # a fault of this test
    scene.assign(P0)

    with pytest.raises(RuntimeError, match="was cut short"):
        await asyncio.wait_for(reading, 5)


async def test_a_reading_that_fails_for_a_while_goes_on() -> None:
    async with running(Scene(held=10)) as scene:
        for _ in range(5):
            scene.consumer.failures = 5
            await until(lambda: scene.consumer.failures == 0)
            await settle()
        scene.assign(P0)

        await until(lambda: scene.offsets(P0) == list(range(10)))


async def test_a_reading_that_fails_for_good_ends_the_worker() -> None:
    """The client's own tasks may die and stay dead: a worker that waits for them hangs, and its group too."""
    scene = Scene(held=10)
    scene.consumer.failures = 1000

    with pytest.raises(LogUnavailable, match="the coordinator routine has ended"):
        await asyncio.wait_for(scene.source.run(scene.deliver), 5)


async def test_what_retention_removed_is_passed_and_told() -> None:
    scene = Scene(held=10)
    async with running(scene):
        scene.assign(P0)
        await until(lambda: scene.offsets(P0) == list(range(10)))
        scene.consumer.held, scene.consumer.begin = 40, 25
        await until(lambda: scene.offsets(P0) == [*range(10), *range(25, 40)])

        assignment = scene.partitions.assignment(TopicPartition(*P0))
        assert assignment is not None
        assert list(assignment.entries) == [24]


async def test_a_position_beyond_the_end_is_the_operators_to_explain() -> None:
    """A topic made anew under a running worker."""
    scene = Scene(held=10)
    scene.assign(P0)
    reading = asyncio.create_task(scene.source.run(scene.deliver))
    await until(lambda: scene.offsets(P0) == list(range(10)))
    scene.consumer.held = 5

    with pytest.raises(StartRefusedError, match="offset 10 does not exist"):
        await reading
    scene.source.handover.abandon()


async def test_a_partition_that_cannot_be_opened_keeps_no_other_closed() -> None:
    scene = Scene(held=5)
    scene.audit.refusing = {1}
    async with running(scene):
        scene.assign(P0, P1, P2)
        await until(lambda: len(scene.partitions.held) == 2)
        assert not scene.offsets(P1)
        scene.audit.refusing.clear()
        await until(lambda: scene.offsets(P1) == list(range(5)))


@pytest.mark.parametrize("turns", range(40))
async def test_nothing_is_opened_after_it_was_given_back(turns: int) -> None:
    """A pause before the next try may end in the very moment in which all is to be given back."""
    scene = Scene(held=5)
    scene.audit.refusing = {0, 1}
    async with running(scene):
        scene.assign(P0, P1)
        await settle(turns)
        await scene.rebalance()
        scene.audit.refusing.clear()
        await settle(100)

        assert scene.partitions.held == []


async def test_what_is_given_up_while_all_is_given_back_is_left_to_the_next_member() -> None:
    """A second opening beside the one of the next assignment would send everything twice."""
    scene = Scene(held=5)
    async with running(scene):
        scene.assign(P0, P1)
        await until(lambda: len(scene.partitions.held) == 2)
        scene.audit.hold()
        scene.partitions.give_up(1, "in doubt")
        await settle()
        rebalancing = asyncio.create_task(scene.rebalance(P0))
        await settle()
        scene.partitions.give_up(0, "in doubt as well")
        await settle()
        scene.audit.go_on()
        await rebalancing
        await until(lambda: scene.partitions.held == [TopicPartition(*P0)])
        await settle(200)

        opened = {metric: value for metric, _, value in scene.world.meter.read()}[PARTITIONS_OPENED]
        assert opened == 4, "both at first, then the one given up before, then the one assigned"


async def test_a_partition_without_an_audit_delays_no_rebalance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_handover, "_OPENING_S", 3600.0)
    scene = Scene(held=5)
    scene.audit.partitions = 1
    async with running(scene):
        scene.assign(P0, P1)
        await until(lambda: scene.partitions.held == [TopicPartition(*P0)])
        async with asyncio.timeout(60):
            await scene.rebalance(P0)
        await until(lambda: scene.partitions.held == [TopicPartition(*P0)])
