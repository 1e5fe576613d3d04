"""Stage source: records of the topics that are read, never more than there is room for.

The member keeps polling whatever happens, so it is never evicted, however long an outage lasts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from pipeline.adapters.kafka_handover import Handover
from pipeline.adapters.kafka_log import KafkaAuditLog
from pipeline.adapters.kafka_log_errors import log_errors
from pipeline.adapters.kafka_membership import Membership
from pipeline.adapters.kafka_pacing import Pacing
from pipeline.config.kafka import Kafka
from pipeline.core.record import Record, TopicPartition
from pipeline.engine.assignment import Chunk
from pipeline.engine.opening import StartRefusedError
from pipeline.engine.partitions import Partitions
from pipeline.engine.retention import Retention
from pipeline.ports import LogUnavailable

log = structlog.get_logger("pipeline.source")

_POLL_MS: Final = 200
_POLL_OTHERS_MS: Final = 10
"""While a partition is passed over: it may go on long before others have anything."""
_CHUNK_RECORDS: Final = 256
_PATIENCE_S: Final = 1.0
_RETRY_S: Final = 1.0
_MOST_FAILURES: Final = 10
_LOOK_FOR_PARTITIONS_MS: Final = 30_000


def new_consumer(kafka: Kafka, options: Mapping[str, Any]) -> AIOKafkaConsumer:
    """A member of the group that commits only what we tell it to."""
    session_ms = int(kafka.session_timeout_s * 1000)
    return AIOKafkaConsumer(
        **options,
        group_id=kafka.group,
        group_instance_id=kafka.group_instance_id,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        session_timeout_ms=session_ms,
        heartbeat_interval_ms=min(3000, session_ms // 3),
        rebalance_timeout_ms=int(kafka.rebalance_timeout_s * 1000),
        metadata_max_age_ms=_LOOK_FOR_PARTITIONS_MS,
    )


class KafkaSource:
    """Feeds chunks to `deliver`, from the partitions that `handover` has open.

    To be made inside the running loop.
    """

    def __init__(
        self,
        topics: Sequence[str],
        consumer: AIOKafkaConsumer,
        membership: Membership,
        partitions: Partitions,
        retention: Retention,
        audit: KafkaAuditLog,
    ) -> None:
        self._topics = topics
        self._consumer = consumer
        self._partitions = partitions
        self._retention = retention
        self._pacing = Pacing(consumer, partitions)
        self._failures = 0
        self.handover = Handover(consumer, membership, partitions, audit, self._pacing)

    async def run(self, deliver: Callable[[Chunk], Awaitable[None]]) -> None:
        """Join the group and read for ever. Raises LogUnavailable, StartRefusedError."""
        self._consumer.subscribe(self._topics, listener=self.handover)
        reading = asyncio.create_task(self._read_forever(deliver))
        failed = self.handover.failed
        try:
            await asyncio.wait({reading, failed}, return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                failed.result()
            reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read_forever(self, deliver: Callable[[Chunk], Awaitable[None]]) -> None:
        """A short wait for room is waited out; in a long one (an outage) all is paused and polled on."""
        while True:
            if self._partitions.budget.room == 0 and await self._gets_room():
                continue
            wanted = self._pacing.follow()
            most = min(self._partitions.most_at_once, _CHUNK_RECORDS) if wanted else 1
            await self._pass_on(await self._poll(wanted, most), deliver)

    async def _pass_on(
        self,
        polled: Mapping[KafkaPartition, list[ConsumerRecord]],
        deliver: Callable[[Chunk], Awaitable[None]],
    ) -> None:
        """Account for all that was read at once: a rebalance may come while a chunk waits."""
        chunks = [
            self._receive(TopicPartition(*partition), [_record(found) for found in records])
            for partition, records in polled.items()
        ]
        for chunk in chunks:
            if chunk is not None:
                await deliver(chunk)

    async def _poll(
        self, wanted: Sequence[KafkaPartition], max_records: int
    ) -> Mapping[KafkaPartition, list[ConsumerRecord]]:
        """Read of the partitions wanted; without any the group wants a sign, and one may be opened now."""
        is_one_left_out = 0 < len(wanted) < len(self._partitions.held)
        try:
            with log_errors("reading"):
                found: Mapping[KafkaPartition, list[ConsumerRecord]] = await self._consumer.getmany(
                    *wanted,
                    timeout_ms=_POLL_OTHERS_MS if is_one_left_out else _POLL_MS,
                    max_records=max_records,
                )
                self._failures = 0
                return found
        except LogUnavailable as error:
            await self._judge(error)
            return {}

    async def _judge(self, error: LogUnavailable) -> None:
        match error.__cause__:
            case NoOffsetForPartitionError():
                pass  # the opening is about to seek
            case OffsetOutOfRangeError() as out_of_range:
                for partition, offset in out_of_range.args[0].items():
                    await self._pass_removed(partition, offset)
            case _:
                self._failures += 1
                if self._failures > _MOST_FAILURES:
                    raise error  # a task of the client may have ended: only a new process mends that
                log.warning("reading failed, tried again in a moment", detail=str(error))
                await asyncio.sleep(_RETRY_S)

    async def _pass_removed(self, partition: KafkaPartition, offset: int) -> None:
        """Go on behind records that retention removed. Raises StartRefusedError if it was not retention.

        If the partition was opened anew meanwhile, its next read tells whether anything is missing.
        """
        assignment = self._partitions.assignment(TopicPartition(*partition))
        try:
            with log_errors(f"{partition.topic}: reading its bounds"):
                begin = (await self._consumer.beginning_offsets([partition]))[partition]
                position = await self._consumer.position(partition)
        except LogUnavailable as error:
            log.warning("reading failed, tried again in a moment", detail=str(error))
            return
        if assignment is None or assignment is not self._partitions.assignment(assignment.partition):
            return
        if position != offset:
            return
        if begin <= offset:
            raise StartRefusedError(
                f"{partition.topic} partition {partition.partition}: offset {offset} does not exist, though "
                "earlier ones do: was the topic made anew? Start again to see the choices"
            )
        self._retention.lose(assignment, offset, begin)
        self._consumer.seek(partition, begin)

    def _receive(self, partition: TopicPartition, records: list[Record]) -> Chunk | None:
        assignment = self._partitions.receive(partition, records)
        return None if assignment is None else Chunk(assignment, records)

    async def _gets_room(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._partitions.budget.freed()
        except TimeoutError:
            return False
        return True


def _record(found: ConsumerRecord) -> Record:
    return Record(
        found.topic, found.partition, found.offset, found.timestamp, found.key, found.value, found.headers
    )
