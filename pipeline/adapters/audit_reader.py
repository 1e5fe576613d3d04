"""The audit topic as its readers get it: records in the order of each partition's offsets.

Reads without a consumer group: nothing is committed, no worker is disturbed.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.adapters.kafka_admin import open_admin
from pipeline.adapters.kafka_client import client_options, stop_consumer
from pipeline.adapters.kafka_errors import BrokerUnreachableError, broker_errors
from pipeline.config.kafka import Kafka
from pipeline.core.reconcile.accounts import AuditValue

_POLL_MS: Final = 500
_MOST_AT_ONCE: Final = 5000
_SILENCE_POLLS: Final = 60
"""Half a minute without a record before the end is reached: the broker has stopped answering."""
_LOOK_FOR_PARTITIONS_MS: Final = 30_000
_ANSWER_S: Final = 5.0
"""A follower asks again and again; the client itself would wait for 40 s each time."""


class AuditReader:
    """Reads one audit topic; `open_audit` makes one. Its methods raise BrokerError."""

    def __init__(self, consumer: AIOKafkaConsumer, kafka: Kafka, partitions: list[TopicPartition]) -> None:
        self._consumer = consumer
        self._kafka = kafka
        self._partitions = partitions
        self._ahead: list[AuditValue] = []

    async def seek(self, last: int | None) -> None:
        """Begin at the beginning (None), or at most so many records before the end of each partition."""
        with broker_errors(self._kafka.bootstrap_servers):
            begin = await self._consumer.beginning_offsets(self._partitions)
            end = await self._consumer.end_offsets(self._partitions)
            for partition in self._partitions:
                start = begin[partition]
                self._consumer.seek(partition, start if last is None else max(start, end[partition] - last))

    async def seek_since(self, since_ms: int) -> None:
        """Begin with the first record of each partition that was written at this time or later."""
        with broker_errors(self._kafka.bootstrap_servers):
            found = await self._consumer.offsets_for_times(dict.fromkeys(self._partitions, since_ms))
            end = await self._consumer.end_offsets(self._partitions)
            for partition in self._partitions:
                at = found.get(partition)
                self._consumer.seek(partition, end[partition] if at is None else at.offset)

    async def to_end(self) -> AsyncIterator[list[AuditValue]]:
        """Records up to what each partition holds now; `more` goes on behind them."""
        with broker_errors(self._kafka.bootstrap_servers):
            end = await self._consumer.end_offsets(self._partitions)
        ends = {partition.partition: offset for partition, offset in end.items()}
        silent = 0
        while left := await self._unread(end):
            found = await self._poll(*left)
            records = [record for record in found if record.offset < ends[record.partition]]
            self._ahead += [record for record in found if record.offset >= ends[record.partition]]
            silent = 0 if records else silent + 1
            if silent > _SILENCE_POLLS:
                raise BrokerUnreachableError(f"{self._kafka.topics.audit}: the broker sends no more records")
            yield records

    async def onwards(self) -> AsyncIterator[list[AuditValue]]:
        """Records as they come, for ever; an empty list now and then while none come."""
        while True:
            yield await self.more()

    async def more(self) -> list[AuditValue]:
        """Records that have come; an empty list when none come for a moment, also while no broker answers."""
        await self._take_up_new_partitions()
        ahead, self._ahead = self._ahead, []
        return ahead or await self._poll()

    async def behind(self) -> int:
        """How many offsets are still to be read; asks the broker, and waits five seconds at most."""
        with broker_errors(self._kafka.bootstrap_servers):
            try:
                async with asyncio.timeout(_ANSWER_S):
                    end = await self._consumer.end_offsets(self._partitions)
                    at = {each: await self._consumer.position(each) for each in self._partitions}
            except TimeoutError as error:
                servers = ", ".join(self._kafka.bootstrap_servers)
                raise BrokerUnreachableError(f"no Kafka broker answers at {servers}") from error
        return sum(max(0, end[each] - at[each]) for each in self._partitions)

    async def _take_up_new_partitions(self) -> None:
        """Those that the topic was given meanwhile are read from their beginning."""
        topic = self._kafka.topics.audit
        known = self._consumer.partitions_for_topic(topic) or ()
        new = [TopicPartition(topic, number) for number in sorted(known) if number >= len(self._partitions)]
        if not new:
            return
        with broker_errors(self._kafka.bootstrap_servers):
            at = {each: await self._consumer.position(each) for each in self._partitions}
        self._partitions += new
        self._consumer.assign(self._partitions)  # forgets where it was
        for each, offset in at.items():
            self._consumer.seek(each, offset)

    async def _unread(self, end: Mapping[TopicPartition, int]) -> list[TopicPartition]:
        """The partitions that are not read to these ends."""
        return [each for each, at in end.items() if await self._consumer.position(each) < at]

    async def _poll(self, *partitions: TopicPartition) -> list[AuditValue]:
        """Of these partitions, or of all."""
        with broker_errors(self._kafka.bootstrap_servers):
            found = await self._consumer.getmany(*partitions, timeout_ms=_POLL_MS, max_records=_MOST_AT_ONCE)
        return [record for records in found.values() for record in records]


@asynccontextmanager
async def open_audit(kafka: Kafka) -> AsyncIterator[AuditReader]:
    """A reader of the configured audit topic, closed at the end. Raises BrokerError."""
    topic = kafka.topics.audit
    async with open_admin(kafka) as admin:
        count = await admin.partitions(topic)
    partitions = [TopicPartition(topic, number) for number in range(count)]
    with broker_errors(kafka.bootstrap_servers):
        consumer = AIOKafkaConsumer(
            **client_options(kafka),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            metadata_max_age_ms=_LOOK_FOR_PARTITIONS_MS,
        )
    try:
        with broker_errors(kafka.bootstrap_servers):
            await consumer.start()
            consumer.assign(partitions)
        yield AuditReader(consumer, kafka, partitions)
    finally:
        await stop_consumer(consumer)
