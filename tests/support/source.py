"""A source at work on a consumer in memory."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from pipeline.adapters.kafka_handover import Handover
from pipeline.adapters.kafka_source import KafkaSource
from pipeline.core.record import TopicPartition
from pipeline.engine.assignment import Assignment, Chunk
from pipeline.ports import LogEntry, LogUnavailable
from tests.support.clock import settle
from tests.support.engine import TOPIC, World
from tests.support.engine_ports import FakeAuditLog

_TURNS = 100_000
P0, P1, P2 = (KafkaPartition(TOPIC, number) for number in range(3))


class FakeConsumer:
    """As much of aiokafka's consumer as the source uses; each partition holds so many records.

    The next so many `failures` reads fail; while it `is_away` nobody tells the ends.
    Offsets below `begin` are removed.
    """

    def __init__(self, held: int) -> None:
        self.held = held
        self.begin = 0
        self.failures = 0
        self.is_away = False
        self.positions: dict[KafkaPartition, int] = {}
        self.paused: set[KafkaPartition] = set()

    def subscribe(self, topics: list[str], listener: Handover) -> None:
        pass

    def assign(self, partitions: set[KafkaPartition]) -> None:
        """What the coordinator does: before its callback the positions are those of the commits."""
        self.positions = dict.fromkeys(partitions, 0)
        self.paused = set()

    def assignment(self) -> set[KafkaPartition]:
        return set(self.positions)

    def pause(self, *partitions: KafkaPartition) -> None:
        assert self.positions.keys() >= set(partitions), "not assigned"
        self.paused |= set(partitions)

    def resume(self, *partitions: KafkaPartition) -> None:
        assert self.positions.keys() >= set(partitions), "not assigned"
        self.paused -= set(partitions)

    def seek(self, partition: KafkaPartition, offset: int) -> None:
        assert partition in self.positions, "not assigned"
        self.positions[partition] = offset

    async def position(self, partition: KafkaPartition) -> int:
        return self.positions[partition]

    async def beginning_offsets(self, partitions: list[KafkaPartition]) -> dict[KafkaPartition, int]:
        await asyncio.sleep(0)
        return dict.fromkeys(partitions, self.begin)

    async def end_offsets(self, partitions: list[KafkaPartition]) -> dict[KafkaPartition, int]:
        await asyncio.sleep(0)
        if self.is_away:
            raise KafkaError("no leader")
        return dict.fromkeys(partitions, self.held)

    async def getmany(
        self, *partitions: KafkaPartition, timeout_ms: int, max_records: int
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
            if partition not in self.paused and not self.begin <= position <= self.held
        }
        if gone:
            raise OffsetOutOfRangeError(gone)
        for partition, position in self.positions.items():
            end = min(position + max_records, self.held)
            if (
                partition not in self.paused
                and (partition in partitions or not partitions)
                and position < end
            ):
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
    """An audit topic with so many partitions; those that are `refusing` acknowledge nothing."""

    partitions = 3

    def __init__(self) -> None:
        super().__init__()
        self.refusing: set[int] = set()

    async def append(self, partition: int, entries: Sequence[LogEntry]) -> list[int]:
        if partition in self.refusing:
            await asyncio.sleep(0)
            raise LogUnavailable("no leader")
        return await super().append(partition, entries)

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
        self._settles = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def deliver(self, chunk: Chunk) -> None:
        await self.gate.wait()
        self.taken[chunk.assignment] += [record.offset for record in chunk.records]
        if self._settles:
            self._settle(chunk.assignment, [record.offset for record in chunk.records])

    def settle(self) -> None:
        """Settle what was handed on, and from now on whatever is."""
        self._settles = True
        for assignment, offsets in self.taken.items():
            self._settle(assignment, offsets)

    def _settle(self, assignment: Assignment, offsets: list[int]) -> None:
        for offset in offsets:
            assignment.ledger.settle(offset)
        self.partitions.budget.give_back(0, events=len(offsets))

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
