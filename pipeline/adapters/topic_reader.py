"""A topic as it stands now, from its beginning to its end, without a consumer group.

Only what is committed is read. Each partition's records come in the order of their offsets.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from pipeline.adapters.kafka_admin import open_admin
from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_errors import BrokerUnreachableError, broker_errors
from pipeline.config.kafka import Kafka
from pipeline.core.commit import LogRange

_POLL_MS: Final = 500
_MOST_AT_ONCE: Final = 2000
_SILENCE_POLLS: Final = 60
"""Half a minute without a record before the end is reached: the broker has stopped answering."""


@dataclass(frozen=True, slots=True)
class TopicReader:
    """Reads one topic; `open_topic` makes one. Its methods raise BrokerError."""

    consumer: AIOKafkaConsumer
    kafka: Kafka
    topic: str
    partitions: int

    async def bounds(self) -> dict[int, LogRange]:
        """What each partition holds now."""
        wanted = [TopicPartition(self.topic, number) for number in range(self.partitions)]
        with broker_errors(self.kafka.bootstrap_servers):
            begins = await self.consumer.beginning_offsets(wanted)
            ends = await self.consumer.end_offsets(wanted)
        return {found.partition: LogRange(begins[found], ends[found]) for found in wanted}

    async def read(self, ranges: Mapping[int, LogRange]) -> AsyncIterator[list[ConsumerRecord]]:
        """The records in these ranges, some at a time."""
        if not ranges:
            return
        ends = {TopicPartition(self.topic, number): held.end for number, held in ranges.items()}
        self.consumer.assign(list(ends))
        for partition in ends:
            self.consumer.seek(partition, ranges[partition.partition].begin)
        silent = 0
        while await self._is_before(ends):
            records = await self._poll(ends)
            silent = 0 if records else silent + 1
            if silent > _SILENCE_POLLS:
                raise BrokerUnreachableError(f"{self.topic}: the broker sends no more records")
            if records:
                yield records

    async def _is_before(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Partitions that have reached their end are not read on meanwhile."""
        waiting = False
        for partition, end in ends.items():
            if await self.consumer.position(partition) < end:
                waiting = True
            else:
                self.consumer.pause(partition)
        return waiting

    async def _poll(self, ends: Mapping[TopicPartition, int]) -> list[ConsumerRecord]:
        with broker_errors(self.kafka.bootstrap_servers):
            found = await self.consumer.getmany(timeout_ms=_POLL_MS, max_records=_MOST_AT_ONCE)
        return [
            record
            for partition, records in found.items()
            for record in records
            if record.offset < ends[partition]
        ]


@asynccontextmanager
async def open_topic(kafka: Kafka, topic: str) -> AsyncIterator[TopicReader]:
    """A reader of the topic, closed at the end. Raises BrokerError, TopicMissingError."""
    async with open_admin(kafka) as admin:
        partitions = await admin.partitions(topic)
    with broker_errors(kafka.bootstrap_servers):
        consumer = AIOKafkaConsumer(
            **client_options(kafka),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
    try:
        with broker_errors(kafka.bootstrap_servers):
            await consumer.start()
        yield TopicReader(consumer, kafka, topic, partitions)
    finally:
        await consumer.stop()
