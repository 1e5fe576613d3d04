"""What the engine relies on in the audit log, the dead letters and the group, on fake and real alike."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition

from pipeline.adapters.kafka_group import KafkaGroup
from pipeline.adapters.kafka_log import KafkaAuditLog
from pipeline.adapters.kafka_membership import Membership
from pipeline.core.commit import CommitMetadata, Committed, LogRange
from pipeline.core.record import TopicPartition
from pipeline.ports import AuditLog, Commit, ConsumerGroup, LogEntry, LogUnavailable
from tests.support.engine_ports import FakeAuditLog, FakeGroup

METADATA = CommitMetadata(pass_=1, epoch=2, is_open=True, window=3, audit_topic="audit", audit_from=4)


@dataclass
class Ports:
    """The two ports over one empty topic of two partitions."""

    audit: AuditLog
    group: ConsumerGroup
    topic: str


@asynccontextmanager
async def fake_ports(_: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    yield Ports(FakeAuditLog(), FakeGroup(), "events")


@asynccontextmanager
async def kafka_ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    broker = request.getfixturevalue("kafka")
    options: dict[str, Any] = {"bootstrap_servers": broker.bootstrap_servers}
    topic = broker.topic(partitions=2)
    audit = KafkaAuditLog(topic, options, 30.0)
    group = f"group-{uuid4()}"
    consumer = AIOKafkaConsumer(
        **options, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await audit.start()
    await consumer.start()
    consumer.assign([KafkaPartition(topic, 0), KafkaPartition(topic, 1)])
    try:
        yield Ports(audit, KafkaGroup(Membership(group, None, consumer, options), consumer, options), topic)
    finally:
        await consumer.stop()
        await audit.stop()


@pytest.fixture(params=[fake_ports, pytest.param(kafka_ports, marks=pytest.mark.broker)])
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with request.param(request) as made:
        yield made


def entries(*names: str) -> list[LogEntry]:
    return [LogEntry(None, name.encode()) for name in names]


async def test_offsets_are_those_of_the_log(ports: Ports) -> None:
    first = await ports.audit.append(1, entries("a", "b"))
    second = await ports.audit.append(1, entries("c"))
    other = await ports.audit.append(0, entries("d"))

    assert (list(first), list(second), list(other)) == ([0, 1], [2], [0])
    assert await ports.audit.ranges([0, 1]) == {0: LogRange(0, 1), 1: LogRange(0, 3)}


async def test_what_was_appended_is_read_back_in_its_range(ports: Ports) -> None:
    await ports.audit.append(0, entries("a", "b", "c", "d"))

    assert [found async for found in ports.audit.read(0, 1, 3)] == [(1, b"b"), (2, b"c")]
    assert [found async for found in ports.audit.read(0, 2, 2)] == []


async def test_more_than_a_batch_goes_in_order(ports: Ports) -> None:
    values = [f"{number:05}".ljust(2000, ".") for number in range(900)]

    offsets = await ports.audit.append(0, entries(*values))

    assert list(offsets) == list(range(900))
    read = [value.decode() async for _, value in ports.audit.read(0, 0, 900)]
    assert read == values


async def patiently(
    group: ConsumerGroup, partitions: list[TopicPartition]
) -> Mapping[TopicPartition, Committed | None]:
    """A broker at a group's first use needs a moment to name its coordinator: the caller asks again."""
    async with asyncio.timeout(30):
        while True:
            with suppress(LogUnavailable):
                return await group.committed(partitions)


async def test_a_commit_is_found_with_its_metadata(ports: Ports) -> None:
    first, second = TopicPartition(ports.topic, 0), TopicPartition(ports.topic, 1)
    assert await patiently(ports.group, [first, second]) == {first: None, second: None}

    await ports.group.commit({first: Commit(5, METADATA)})

    found = await ports.group.committed([first, second])
    assert found == {first: Committed(5, METADATA.encode()), second: None}
