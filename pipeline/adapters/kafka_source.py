"""Stage source: records from the events topic, partition by partition, never more than there is room for.

The member keeps polling whatever happens, so it is never evicted, however long an outage lasts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from pipeline.adapters.kafka_log import KafkaAuditLog, log_errors
from pipeline.config.kafka import Kafka
from pipeline.core.record import Record, TopicPartition
from pipeline.engine.assignment import Assignment, Chunk
from pipeline.engine.opening import StartRefusedError
from pipeline.engine.partitions import Partitions
from pipeline.ports import LogUnavailable

log = structlog.get_logger("pipeline.source")

_POLL_MS: Final = 200
_CHUNK_RECORDS: Final = 256
_PATIENCE_S: Final = 1.0
_RETRY_S: Final = 1.0
_MOST_FAILURES: Final = 10
_OPENING_S: Final = 5.0
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


class KafkaSource(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Feeds chunks to `deliver` and hands partitions over at every rebalance.

    A partition is paused from the moment it is assigned until its audit was read back; then seek,
    registration and resumption are one step without an await.
    """

    def __init__(
        self,
        topic: str,
        consumer: AIOKafkaConsumer,
        partitions: Partitions,
        audit: KafkaAuditLog,
    ) -> None:
        self._topic = topic
        self._consumer = consumer
        self._partitions = partitions
        self._audit = audit
        self._openings: set[asyncio.Task[None]] = set()
        self._paused: set[KafkaPartition] = set()
        self._handing_over = asyncio.Lock()
        self._is_leaving = False
        self._told_missing: list[int] = []
        self._failures = 0
        self._failure: asyncio.Future[None] | None = None

    async def run(self, deliver: Callable[[Chunk], Awaitable[None]]) -> None:
        """Join the group and read for ever. Raises LogUnavailable, StartRefusedError."""
        self._failure = asyncio.get_running_loop().create_future()
        self._consumer.subscribe([self._topic], listener=self)
        reading = asyncio.create_task(self._read_forever(deliver))
        try:
            await asyncio.wait({reading, self._failure}, return_when=asyncio.FIRST_COMPLETED)
            if self._failure.done():
                self._failure.result()
            reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def release(self) -> None:
        """Give everything back before leaving: the consumer's own stop does not. Raises LogUnavailable.

        A rebalance that comes meanwhile waits for it, and it waits for a rebalance under way: until
        the last commit nobody else may have the partitions. Nothing is taken over any more.
        """
        self._is_leaving = True
        async with self._handing_over:
            await self._finish_openings()
            await self._partitions.release(self._partitions.held)

    def abandon(self) -> None:
        """The worker crashes: nothing is taken over or committed any more."""
        self._is_leaving = True
        for opening in self._openings:
            opening.cancel()
        self._partitions.abandon()

    def on_partitions_assigned(self, assigned: set[KafkaPartition]) -> None:
        """Called by the consumer. Quick: the member sends no heartbeats until it returns."""
        if self._is_leaving:
            return
        self._paused.clear()
        for partition in assigned:
            self._consumer.pause(partition)
            self._consumer.seek(partition, 0)  # any position: without one the client asks for it
        if assigned:
            self._start_opening(sorted(TopicPartition(*partition) for partition in assigned))

    async def on_partitions_revoked(self, revoked: set[KafkaPartition]) -> None:
        """Called by the consumer, which swallows exceptions: they are carried to `run`."""
        try:
            async with self._handing_over:
                await self._finish_openings()
                await self._partitions.release([TopicPartition(*partition) for partition in revoked])
        except LogUnavailable as error:
            log.warning(
                "the last commit of a hand-over failed; its successor reads the audit", detail=str(error)
            )
        except Exception as error:  # noqa: BLE001 (not swallowed: `run` raises it)
            self._fail(error)

    def _start_opening(self, partitions: list[TopicPartition]) -> None:
        opening = asyncio.create_task(self._open(partitions))
        self._openings.add(opening)
        opening.add_done_callback(self._end_opening)

    def _end_opening(self, opening: asyncio.Task[None]) -> None:
        """Nobody but us may cut an opening short: else a partition would stay closed in silence."""
        self._openings.discard(opening)
        if opening.cancelled():
            if not opening.cancelling():
                self._fail(RuntimeError("an opening was cut short by the client"))
        elif (error := opening.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(error)

    async def _finish_openings(self) -> None:
        """What is being opened is either open or given up before anything is released."""
        openings = list(self._openings)
        if openings:
            _, unfinished = await asyncio.wait(openings, timeout=_OPENING_S)
            for opening in unfinished:
                opening.cancel()
            await asyncio.gather(*openings, return_exceptions=True)

    async def _open(self, partitions: list[TopicPartition]) -> None:
        while True:
            try:
                audited = await self._with_audit(partitions)
                if audited:
                    self._begin(await self._partitions.open(audited))
            except LogUnavailable as error:
                log.warning("nothing is sent until the partitions can be opened", detail=str(error))
            else:
                partitions = [partition for partition in partitions if partition not in audited]
                if not partitions:
                    return
            await asyncio.sleep(_RETRY_S)

    async def _with_audit(self, partitions: list[TopicPartition]) -> list[TopicPartition]:
        """Those that have their counterpart on the audit topic; the others stay paused, and it is said."""
        count = await self._audit.partition_count()
        missing = [partition.partition for partition in partitions if partition.partition >= count]
        if missing and missing != self._told_missing:
            log.error(
                "partitions of the events topic have no counterpart on the audit topic and are paused",
                partitions=missing,
                mend="kameleoon-pipeline topics apply",
            )
        self._told_missing = missing
        return [partition for partition in partitions if partition.partition < count]

    def _begin(self, assignments: list[Assignment]) -> None:
        """Seek, register, resume: one step, no await, or records would vanish without a trace."""
        for assignment in assignments:
            partition = KafkaPartition(*assignment.partition)
            self._consumer.seek(partition, assignment.ledger.watermark)
            self._partitions.register([assignment])
            self._paused.add(partition)
            log.info("partition open", partition=partition.partition, position=assignment.ledger.watermark)
        self._pace()

    async def _read_forever(self, deliver: Callable[[Chunk], Awaitable[None]]) -> None:
        """A short wait for room is waited out; in a long one (an outage) all is paused and polled on."""
        while True:
            if self._partitions.budget.room == 0 and await self._gets_room():
                continue
            self._pace()
            room = max(1, self._partitions.budget.room)
            await self._pass_on(await self._poll(min(room, _CHUNK_RECORDS)), deliver)

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

    async def _poll(self, max_records: int) -> Mapping[KafkaPartition, list[ConsumerRecord]]:
        try:
            with log_errors("reading the events topic"):
                found: Mapping[KafkaPartition, list[ConsumerRecord]] = await self._consumer.getmany(
                    timeout_ms=_POLL_MS, max_records=max_records
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
            case OffsetOutOfRangeError():
                raise StartRefusedError(
                    f"{error}: records were removed before they were read, or the topic was made anew; "
                    "start again to go on with what is there"
                )
            case _:
                self._failures += 1
                if self._failures > _MOST_FAILURES:
                    raise error  # a task of the client may have ended: only a new process mends that
                log.warning("reading failed, tried again in a moment", detail=str(error))
                await asyncio.sleep(_RETRY_S)

    def _receive(self, partition: TopicPartition, records: list[Record]) -> Chunk | None:
        assignment = self._partitions.receive(partition, records)
        return None if assignment is None else Chunk(assignment, records)

    def _pace(self) -> None:
        """Pause partitions that nothing may be received from now; resume the others."""
        for held in self._partitions.held:
            partition = KafkaPartition(*held)
            if self._must_wait(held) == (partition in self._paused):
                continue
            if partition in self._paused:
                self._paused.discard(partition)
                self._consumer.resume(partition)
            else:
                self._paused.add(partition)
                self._consumer.pause(partition)

    def _must_wait(self, partition: TopicPartition) -> bool:
        """Whether there is no room, or the partition's oldest unsettled record lies too far back."""
        return self._partitions.budget.room == 0 or self._partitions.is_stretched(partition)

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
