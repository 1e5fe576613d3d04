"""A range of a topic, read once from end to end: without a consumer group, disturbing no worker."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from pipeline.adapters.kafka_client import client_options, stop_consumer
from pipeline.adapters.kafka_errors import BrokerError, BrokerUnreachableError, broker_errors
from pipeline.config.kafka import Kafka
from pipeline.core.commit import LogRange

_POLL_MS: Final = 500
_SILENCE_POLLS: Final = 60
"""Half a minute without a record before the end is reached: the broker has stopped answering."""
_FETCH_BYTES: Final = 32 * 1024 * 1024
_MOST_AT_ONCE: Final = 2000
"""Records unpacked at once: a fetch of compressed batches may hold a hundred times its size."""


@dataclass(frozen=True, slots=True)
class Records:
    """The next records of a partition, in the order of offsets."""

    partition: TopicPartition
    records: Sequence[ConsumerRecord]


@dataclass(frozen=True, slots=True)
class Removed:
    """What was to be read below `begin` is gone by now."""

    partition: TopicPartition
    begin: int


class TopicScan:
    """Reads committed records; `open_scan` makes one. Its methods raise BrokerError."""

    def __init__(self, consumer: AIOKafkaConsumer, kafka: Kafka) -> None:
        self._consumer = consumer
        self._kafka = kafka

    async def ranges(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, LogRange]:
        """What the partitions hold now, committed."""
        wanted = list(partitions)
        with broker_errors(self._kafka.bootstrap_servers):
            begins = await self._consumer.beginning_offsets(wanted)
            ends = await self._consumer.end_offsets(wanted)
        return {partition: LogRange(begins[partition], ends[partition]) for partition in wanted}

    async def at(
        self, held: Mapping[TopicPartition, LogRange], time_ms: int | None
    ) -> dict[TopicPartition, int]:
        """The first offset with a timestamp from this time on, else the end; nothing for no time."""
        if time_ms is None or not held:
            return {}
        with broker_errors(self._kafka.bootstrap_servers):
            found = await self._consumer.offsets_for_times(dict.fromkeys(held, time_ms))
        return {
            partition: span.end if found[partition] is None else found[partition].offset
            for partition, span in held.items()
        }

    async def read(self, wanted: Mapping[TopicPartition, LogRange]) -> AsyncIterator[Records | Removed]:
        """Every record in these ranges."""
        left = {partition: span.end for partition, span in wanted.items() if span.begin < span.end}
        self._consumer.assign(list(left))
        for partition in left:
            self._consumer.seek(partition, wanted[partition].begin)
        silent = 0
        while left:
            found = await self._poll(left)
            silent = 0 if found else silent + 1
            if silent > _SILENCE_POLLS:
                raise BrokerUnreachableError(f"{next(iter(left)).topic}: the broker sends no more records")
            for one in found:
                yield one
            for partition in [partition for partition in left if await self._has_reached(partition, left)]:
                del left[partition]
                self._consumer.pause(partition)

    async def _poll(self, left: Mapping[TopicPartition, int]) -> list[Records | Removed]:
        try:
            with broker_errors(self._kafka.bootstrap_servers):
                found = await self._consumer.getmany(*left, timeout_ms=_POLL_MS, max_records=_MOST_AT_ONCE)
        except BrokerError as error:
            if isinstance(error.__cause__, OffsetOutOfRangeError):
                return await self._after_removal(error.__cause__.args[0])
            raise
        return [Records(partition, records) for partition, records in found.items() if records]

    async def _after_removal(self, positions: Mapping[TopicPartition, int]) -> list[Records | Removed]:
        """Retention was faster: go on with what is there."""
        removed: list[Records | Removed] = []
        for partition, span in (await self.ranges(positions)).items():
            if span.begin <= positions[partition]:
                raise BrokerError(f"{partition.topic} was made anew while it was read: begin again")
            self._consumer.seek(partition, span.begin)
            removed.append(Removed(partition, span.begin))
        return removed

    async def _has_reached(self, partition: TopicPartition, left: Mapping[TopicPartition, int]) -> bool:
        return bool(await self._consumer.position(partition) >= left[partition])


@asynccontextmanager
async def open_scan(kafka: Kafka, *, check_crcs: bool = True) -> AsyncIterator[TopicScan]:
    """A reader of any topic, closed at the end. Raises BrokerError.

    Where only offsets matter, contents need no check.
    """
    with broker_errors(kafka.bootstrap_servers):
        consumer = AIOKafkaConsumer(
            **client_options(kafka),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            check_crcs=check_crcs,
            fetch_max_bytes=_FETCH_BYTES,
        )
    try:
        with broker_errors(kafka.bootstrap_servers):
            await consumer.start()
        yield TopicScan(consumer, kafka)
    finally:
        await stop_consumer(consumer)
