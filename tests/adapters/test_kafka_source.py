"""The source on a consumer in memory: whatever happens meanwhile, no record passes unseen."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from pipeline.adapters import kafka_handover, kafka_source
from pipeline.adapters.kafka_handover import Handover
from pipeline.adapters.kafka_source import KafkaSource
from pipeline.core.record import TopicPartition
from pipeline.engine.assignment import Assignment, Chunk
from pipeline.engine.opening import StartRefusedError
from pipeline.ports import LogUnavailable
from tests.support.clock import settle
from tests.support.engine import TOPIC, FakeAuditLog, World

_TURNS = 100_000
P0, P1, P2 = (KafkaPartition(TOPIC, number) for number in range(3))


class FakeConsumer:
    """As much of aiokafka's consumer as the source uses; each partition holds so many records.

    The next so many `failures` reads fail. Offsets below `begin` are removed.
    """

    def __init__(self, held: int) -> None:
        self.held = held
        self.begin = 0
        self.failures = 0
        self.positions: dict[KafkaPartition, int] = {}
        self._paused: set[KafkaPartition] = set()

    def subscribe(self, topics: list[str], listener: Handover) -> None:
        pass

    def assign(self, partitions: set[KafkaPartition]) -> None:
        """What the coordinator does: before its callback the positions are those of the commits."""
        self.positions = dict.fromkeys(partitions, 0)
        self._paused = set()

    def pause(self, *partitions: KafkaPartition) -> None:
        assert self.positions.keys() >= set(partitions), "not assigned"
        self._paused |= set(partitions)

    def resume(self, *partitions: KafkaPartition) -> None:
        assert self.positions.keys() >= set(partitions), "not assigned"
        self._paused -= set(partitions)

    def seek(self, partition: KafkaPartition, offset: int) -> None:
        assert partition in self.positions, "not assigned"
        self.positions[partition] = offset

    async def position(self, partition: KafkaPartition) -> int:
        return self.positions[partition]

    async def beginning_offsets(self, partitions: list[KafkaPartition]) -> dict[KafkaPartition, int]:
        await asyncio.sleep(0)
        return dict.fromkeys(partitions, self.begin)

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> dict[KafkaPartition, list[ConsumerRecord]]:
        assert timeout_ms < 1000, "a member that does not poll is evicted"
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise KafkaError("the coordinator routine has ended")
        found: dict[KafkaPartition, list[ConsumerRecord]] = {}
        gone = {
            partition: position
            for partition, position in self.positions.items()
            if partition not in self._paused and not self.begin <= position <= self.held
        }
        if gone:
            raise OffsetOutOfRangeError(gone)
        for partition, position in self.positions.items():
            end = min(position + max_records, self.held)
            if partition not in self._paused and position < end:
                found[partition] = [_record(partition, offset) for offset in range(position, end)]
                self.positions[partition] = end
                max_records -= end - position
            if max_records == 0:
                break
        return found


def _record(partition: KafkaPartition, offset: int) -> ConsumerRecord:
    return ConsumerRecord(
        topic=partition.topic,
        partition=partition.partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=b"x",
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=1,
        headers=(),
    )


class CountedAudit(FakeAuditLog):
    """An audit topic with so many partitions."""

    partitions = 3

    async def partition_count(self) -> int:
        await asyncio.sleep(0)
        return self.partitions


class FakeMembership:
    """Of a process that its group never gives up."""

    def joined(self) -> None:
        pass

    async def check(self) -> None:
        pass


class Scene:
    """A source at work; `taken` are the offsets handed on, by assignment."""

    def __init__(self, held: int, budget: int = 1000) -> None:
        self.audit = CountedAudit()
        self.world = World(audit=self.audit, max_in_flight_events=budget)
        self.engine = self.world.engine()
        self.partitions = self.engine.partitions
        self.consumer = FakeConsumer(held)
        audit: Any = self.audit
        membership: Any = FakeMembership()
        retention = self.engine.retention
        self.source = KafkaSource([TOPIC], self.consumer, membership, self.partitions, retention, audit)
        self.taken: defaultdict[Assignment, list[int]] = defaultdict(list)
        self.gate = asyncio.Event()
        self.gate.set()

    async def deliver(self, chunk: Chunk) -> None:
        await self.gate.wait()
        self.taken[chunk.assignment] += [record.offset for record in chunk.records]

    def assign(self, *partitions: KafkaPartition) -> None:
        self.consumer.assign(set(partitions))
        self.source.handover.on_partitions_assigned(set(partitions))

    async def rebalance(self, *partitions: KafkaPartition) -> None:
        """All partitions are revoked, then these assigned."""
        await self.source.handover.on_partitions_revoked(set(self.consumer.positions))
        self.assign(*partitions)

    def offsets(self, partition: KafkaPartition) -> list[int]:
        """What was handed on of the newest assignment of a partition."""
        own = [found for found in self.taken if found.partition == TopicPartition(*partition)]
        return self.taken[own[-1]] if own else []


@asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[Scene]:
    reading = asyncio.create_task(scene.source.run(scene.deliver))
    await settle()
    try:
        yield scene
        assert not reading.done(), reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        scene.source.handover.abandon()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until it holds."""
    for _ in range(_TURNS):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it does not come to hold")


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
        scene.partitions.budget.give_back(0, events=10_000)
        await until(lambda: len(scene.offsets(P0)) == len(scene.offsets(P1)) == 300)

        assert scene.offsets(P0) == scene.offsets(P1) == list(range(300))


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
