"""The audit topic on Kafka: acknowledged by all replicas, or LogUnavailable.

Whole batches are appended at once, which costs a fraction of one send a record.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.producer.message_accumulator import BatchBuilder

from pipeline.adapters.kafka_client import stop_consumer
from pipeline.adapters.kafka_log_errors import log_errors
from pipeline.adapters.kafka_producer import RenewedProducer
from pipeline.core.commit import LogRange
from pipeline.ports import LogEntry

_POLL_MS: Final = 500


class KafkaAuditLog:
    """The port AuditLog. `options` are those that every Kafka client shares."""

    def __init__(self, topic: str, options: Mapping[str, Any], timeout_s: float) -> None:
        self._topic = topic
        self._options = options
        self._timeout_s = timeout_s
        self._producing = RenewedProducer(options, max_request_bytes=0, timeout_s=timeout_s)

    async def start(self) -> None:
        """Connect. Raises LogUnavailable."""
        with log_errors("connecting"):
            await self._producing.get()

    async def stop(self) -> None:
        """Disconnect; what is not acknowledged by now is not waited for."""
        await self._producing.stop()

    async def partition_count(self) -> int:
        """How many partitions the audit topic has now. Raises LogUnavailable."""
        with log_errors(f"{self._topic}: reading its partitions"):
            async with asyncio.timeout(self._timeout_s):
                client = (await self._producing.get()).client
                await client.add_topic(self._topic)
                await client.force_metadata_update()  # what it knows may be minutes old
                found = client.cluster.partitions_for_topic(self._topic)
                if not found:
                    raise UnknownTopicOrPartitionError(self._topic)
                return len(found)

    async def append(self, partition: int, entries: Sequence[LogEntry]) -> list[int]:
        """Append in order; answers the offsets. Raises LogUnavailable: do not append the same again."""
        with log_errors(f"{self._topic} partition {partition}: the audit was not acknowledged"):
            async with asyncio.timeout(self._timeout_s):
                producer = await self._producing.get()
                try:
                    return await self._append(producer, partition, entries)
                except BaseException:
                    self._producing.discard(producer)
                    raise

    async def _append(
        self, producer: AIOKafkaProducer, partition: int, entries: Sequence[LogEntry]
    ) -> list[int]:
        if partition not in await producer.partitions_for(self._topic):
            raise UnknownTopicOrPartitionError(self._topic)
        sent = []
        for builder, count in _batches(producer, entries):
            future = await producer.send_batch(builder, self._topic, partition=partition)
            future.add_done_callback(_hear)
            sent.append((future, count))
        offsets: list[int] = []
        for future, count in sent:
            base = (await future).offset
            offsets.extend(range(base, base + count))
        return offsets

    async def ranges(self, partitions: Iterable[int]) -> dict[int, LogRange]:
        """What each partition holds now. Raises LogUnavailable."""
        wanted = [TopicPartition(self._topic, partition) for partition in partitions]
        if not wanted:
            return {}
        with log_errors(f"{self._topic}: reading its bounds"):
            async with self._reader() as reader:
                begins = await reader.beginning_offsets(wanted)
                ends = await reader.end_offsets(wanted)
        return {found.partition: LogRange(begins[found], ends[found]) for found in wanted}

    async def read(self, partition: int, begin: int, end: int) -> AsyncIterator[tuple[int, bytes]]:
        """Offsets and values from `begin` up to and without `end`. Raises LogUnavailable."""
        if begin >= end:
            return
        source = TopicPartition(self._topic, partition)
        with log_errors(f"{self._topic} partition {partition}: reading back"):
            async with self._reader() as reader:
                reader.assign([source])
                reader.seek(source, begin)
                while (position := await reader.position(source)) < end:
                    found = await self._read_on(reader, source, position)
                    for record in found:
                        if record.offset < end and record.value is not None:
                            yield record.offset, record.value

    async def _read_on(
        self, reader: AIOKafkaConsumer, source: TopicPartition, position: int
    ) -> list[ConsumerRecord]:
        """The next records; none where only markers of transactions stand, which move the position."""
        async with asyncio.timeout(self._timeout_s):
            found: dict[TopicPartition, list[ConsumerRecord]] = {}
            while not found and await reader.position(source) == position:
                found = await reader.getmany(source, timeout_ms=_POLL_MS)
            return found.get(source, [])

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[AIOKafkaConsumer]:
        reader = AIOKafkaConsumer(
            **self._options, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            await reader.start()
            yield reader
        finally:
            await stop_consumer(reader)


def _hear(ended: "asyncio.Future[Any]") -> None:
    """Of several batches that fail the first one says why; asyncio would complain of the others."""
    if not ended.cancelled():
        ended.exception()


def _batches(producer: AIOKafkaProducer, entries: Sequence[LogEntry]) -> Iterator[tuple[BatchBuilder, int]]:
    builder, count = producer.create_batch(), 0
    for entry in entries:
        while builder.append(timestamp=None, key=entry.key, value=entry.value) is None:
            if count == 0:
                raise AssertionError("an audit record larger than a batch")
            yield builder, count
            builder, count = producer.create_batch(), 0
        count += 1
    if count:
        yield builder, count
