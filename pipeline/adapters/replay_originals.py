"""Originals that were too large for the dead-letter topic, read where they were read before."""

from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from pipeline.adapters.kafka_admin import open_admin
from pipeline.adapters.kafka_client import client_options, stop_consumer
from pipeline.adapters.kafka_errors import broker_errors
from pipeline.config.kafka import Kafka
from pipeline.core.replay_letter import Source, read_source

_POLL_MS: Final = 500
_POLLS: Final = 30


class Originals:
    """Reads single records; connects at the first. To be made inside the running loop."""

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._consumer: AIOKafkaConsumer | None = None
        self._partitions: dict[str, int] = {}

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await stop_consumer(self._consumer)

    async def read(self, headers: Sequence[tuple[str, bytes]]) -> ConsumerRecord | None:
        """The record that a dead letter with these headers was made of, if it is still there.

        Raises BrokerError.
        """
        source = read_source(tuple(headers))
        if source is None:
            return None
        with broker_errors(self._kafka.bootstrap_servers):
            consumer = await self._connected()
            if source.position.partition >= self._partitions.get(source.position.topic, 0):
                return None
            return await self._read(consumer, source)

    async def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(
                **client_options(self._kafka),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
                max_partition_fetch_bytes=self._kafka.max_record_bytes,
            )
            await self._consumer.start()
            await self._learn_partitions()
        return self._consumer

    async def _learn_partitions(self) -> None:
        """Of what a worker reads: nobody who forges a dead letter is lent our right to read other topics."""
        names = (self._kafka.topics.events, self._kafka.topics.replays)
        async with open_admin(self._kafka) as admin:
            found = await admin.present(names, with_settings=False)
        self._partitions = {name: topic.partitions for name, topic in found.items()}

    async def _read(self, consumer: AIOKafkaConsumer, source: Source) -> ConsumerRecord | None:
        partition = TopicPartition(source.position.topic, source.position.partition)
        offset = source.position.offset
        consumer.assign([partition])
        begin = (await consumer.beginning_offsets([partition]))[partition]
        end = (await consumer.end_offsets([partition]))[partition]
        if not begin <= offset < end:
            return None
        consumer.seek(partition, offset)
        for _ in range(_POLLS):
            for record in (await consumer.getmany(partition, timeout_ms=_POLL_MS, max_records=1)).get(
                partition, ()
            ):
                is_it = record.offset == offset and record.timestamp == source.timestamp_ms
                return record if is_it else None  # the topic was made anew, or the record compacted away
            if await consumer.position(partition) > offset:
                return None
        return None
