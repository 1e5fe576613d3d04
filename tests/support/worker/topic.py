"""A topic's records: put there, and read back from the beginning."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from confluent_kafka import Producer

from pipeline.core.record import Headers

_LARGEST_BYTES: Final = 16 * 1024 * 1024
_POLL_MS: Final = 100
_FLUSH_S: Final = 30


@dataclass(frozen=True, slots=True)
class Letter:
    """A record to produce; without a partition its key decides."""

    value: bytes | None
    key: bytes | None = None
    partition: int | None = None
    headers: Headers = ()
    timestamp_ms: int | None = None


def new_producer(servers: str, **options: Any) -> AIOKafkaProducer:
    """A producer that takes large records."""
    return AIOKafkaProducer(
        bootstrap_servers=servers, enable_idempotence=True, max_request_size=_LARGEST_BYTES, **options
    )


async def produce(servers: str, topic: str, letters: Sequence[Letter], **options: Any) -> None:
    """Put the letters on the topic in their order; all are acknowledged at the end."""
    producer = new_producer(servers, **options)
    await producer.start()
    try:
        await send(producer, topic, letters)
    finally:
        await producer.stop()


async def send(producer: AIOKafkaProducer, topic: str, letters: Sequence[Letter]) -> None:
    """The same with a producer that is there already."""
    futures = []
    for letter in letters:
        place = (topic, letter.value, letter.key, letter.partition, letter.timestamp_ms)
        futures.append(await producer.send(*place, headers=list(letter.headers)))
    await asyncio.gather(*futures)


class TopicReader:
    """Reads a topic from its beginning, and on; `records` holds what has come so far."""

    def __init__(self, servers: str, topic: str, isolation_level: str = "read_committed") -> None:
        self._topic = topic
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=servers,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level=isolation_level,
            max_partition_fetch_bytes=_LARGEST_BYTES,
        )
        self.records: list[ConsumerRecord] = []

    async def start(self, partitions: int) -> None:
        """Connect; partitions added later are not read."""
        await self._consumer.start()
        self._consumer.assign([TopicPartition(self._topic, number) for number in range(partitions)])

    async def stop(self) -> None:
        await self._consumer.stop()

    async def poll(self) -> None:
        """Take in what has come, or wait a moment."""
        found: Mapping[TopicPartition, list[ConsumerRecord]] = await self._consumer.getmany(
            timeout_ms=_POLL_MS
        )
        for records in found.values():
            self.records.extend(records)

    async def to_end(self) -> list[ConsumerRecord]:
        """Everything that stands there now."""
        assigned = list(self._consumer.assignment())
        ends = await self._consumer.end_offsets(assigned)
        for partition, end in ends.items():
            while await self._consumer.position(partition) < end:
                await self.poll()
        return self.records


def produce_bare(servers: str, topic: str, partition: int) -> None:
    """Put a record with neither key nor value on the topic: another client must, aiokafka refuses."""
    producer = Producer({"bootstrap.servers": servers})
    producer.produce(topic, value=None, key=None, partition=partition)
    assert producer.flush(_FLUSH_S) == 0


async def read_topic(servers: str, topic: str, partitions: int) -> list[ConsumerRecord]:
    """All committed records of a topic, in the order of each partition's offsets."""
    reader = TopicReader(servers, topic)
    await reader.start(partitions)
    try:
        return await reader.to_end()
    finally:
        await reader.stop()
