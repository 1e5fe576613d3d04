"""The audit and dead-letter topics on Kafka: acknowledged by all replicas, or LogUnavailable.

Whole batches are appended at once, which costs a fraction of one send a record. The two topics have
producers of their own: an original that the broker refuses must not disturb the audit.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    OutOfOrderSequenceNumber,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.producer.message_accumulator import BatchBuilder

from pipeline.adapters.kafka_client import stop_consumer
from pipeline.adapters.kafka_producer import RenewedProducer
from pipeline.core.commit import LogRange
from pipeline.core.dead_letter import own_headers
from pipeline.ports import DeadLetter, LogEntry, LogUnavailable

_GROUP_BYTES: Final = 1024 * 1024
_POLL_MS: Final = 500
_TOO_LARGE: Final = (MessageSizeTooLargeError, RecordTooLargeError)
_AT_SOURCE: Final = ("original", b"at-source")

_FEW_REPLICAS: Final = "fewer replicas are in sync than the topic's min.insync.replicas asks for"
_MENDED_BY: Final[Mapping[type[Exception], str]] = {
    MessageSizeTooLargeError: "the topic's max.message.bytes is too small",
    NotEnoughReplicasAfterAppendError: _FEW_REPLICAS,
    NotEnoughReplicasError: _FEW_REPLICAS,
    TopicAuthorizationFailedError: "the user lacks the right to do that",
    UnknownTopicOrPartitionError: "the topic is gone or has not so many partitions",
}


@contextmanager
def log_errors(what: str) -> Iterator[None]:
    """Turn what goes wrong between us and the broker into LogUnavailable."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise LogUnavailable(f"{what}: {_why(error)}") from error


def _why(error: Exception) -> str:
    if isinstance(error, CommitFailedError):
        return "the group has rebalanced meanwhile"
    said = str(error) or type(error).__name__
    return f"{said}: {_MENDED_BY[type(error)]}" if type(error) in _MENDED_BY else said


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


class KafkaDeadLetters:
    """The port DeadLetters. `max_record_bytes` is what the topic takes.

    What is larger, or what the broker refuses for its size, is replaced by an empty value and the
    header `original: at-source`; if key or headers alone are too large, they are left out as well.
    """

    def __init__(
        self, topic: str, options: Mapping[str, Any], *, max_record_bytes: int, timeout_s: float
    ) -> None:
        self._topic = topic
        self._options = options
        self._max_record_bytes = max_record_bytes
        self._timeout_s = timeout_s
        self._producing = RenewedProducer(options, max_request_bytes=max_record_bytes, timeout_s=timeout_s)
        self._appending = asyncio.Lock()

    async def start(self) -> None:
        """Connect. Raises LogUnavailable."""
        with log_errors("connecting"):
            await self._producing.get()

    async def stop(self) -> None:
        """Disconnect; what is not acknowledged by now is not waited for."""
        await self._producing.stop()

    async def append(self, letters: Sequence[DeadLetter]) -> None:
        """Append with acknowledgement. Raises LogUnavailable.

        One after the other: of what is sent beside a refused letter nobody could tell what became.
        """
        for group in grouped(letters, _GROUP_BYTES):
            with log_errors(f"{self._topic}: a dead letter was not acknowledged"):
                async with asyncio.timeout(self._timeout_s), self._appending:
                    await self._append(group)

    async def _append(self, letters: list[DeadLetter]) -> None:
        """A refused batch leaves a hole in the sequence numbers: the rest needs a new producer."""
        while letters:
            producer = await self._producing.get()
            try:
                letters = await self._send(producer, letters)
            except BaseException:
                self._producing.discard(producer)
                raise
            if letters:
                self._producing.discard(producer)

    async def _send(self, producer: AIOKafkaProducer, letters: list[DeadLetter]) -> list[DeadLetter]:
        """Send all. If the broker refused some for their size: what is to be sent with a new producer.

        These are the refused without their originals, and whatever stood behind them in a partition:
        not written, as its sequence numbers had a hole.
        """
        sent = [(letter, await self._enqueue(producer, letter)) for letter in letters]
        results = await asyncio.gather(*(future for _, future in sent), return_exceptions=True)
        is_refused = any(isinstance(result, _TOO_LARGE) for result in results)
        again = []
        for (letter, _), result in zip(sent, results, strict=True):
            if isinstance(result, _TOO_LARGE) and (smaller := _smaller(letter)) is not None:
                again.append(smaller)
            elif isinstance(result, OutOfOrderSequenceNumber) and is_refused:
                again.append(letter)
            elif isinstance(result, BaseException):
                raise result
        return again

    async def _enqueue(self, producer: AIOKafkaProducer, letter: DeadLetter) -> "asyncio.Future[Any]":
        if len(letter.value or b"") + len(letter.key or b"") > self._max_record_bytes:
            letter = _smaller(letter) or letter
        while True:
            try:
                return await self._publish(producer, letter)
            except MessageSizeTooLargeError:
                smaller = _smaller(letter)
                if smaller is None:
                    raise
                letter = smaller

    async def _publish(self, producer: AIOKafkaProducer, letter: DeadLetter) -> "asyncio.Future[Any]":
        value = letter.value
        if value is None and letter.key is None:
            value = b""  # the client takes no record without both
        future: asyncio.Future[Any] = await producer.send(
            self._topic, value, letter.key, headers=list(letter.headers)
        )
        return future


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


def grouped(letters: Iterable[DeadLetter], max_bytes: int) -> Iterator[list[DeadLetter]]:
    """Letters in groups of about so many bytes, in order: a slow broker has a time limit for each."""
    group: list[DeadLetter] = []
    size = 0
    for letter in letters:
        group.append(letter)
        size += len(letter.value or b"") + len(letter.key or b"")
        if size >= max_bytes:
            yield group
            group, size = [], 0
    if group:
        yield group


def _smaller(letter: DeadLetter) -> DeadLetter | None:
    """The letter without the original's value; then without its key and headers too; then None."""
    if _AT_SOURCE not in letter.headers:
        return DeadLetter(letter.key, b"", (*letter.headers, _AT_SOURCE))
    ours = own_headers(letter.headers)
    if letter.key is None and len(ours) == len(letter.headers):
        return None
    return DeadLetter(None, b"", ours)
