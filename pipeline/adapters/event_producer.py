"""Lines onto the events topic: the bytes untouched, keyed by visitor, acknowledged by all replicas."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError, RecordTooLargeError

from pipeline.adapters.kafka_admin import open_admin
from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_errors import broker_errors
from pipeline.config.kafka import Kafka
from pipeline.core.visitor_key import visitor_key

_LINGER_MS: Final = 5
_BATCH_BYTES: Final = 256 * 1024
_ROOM_FOR_KEY_BYTES: Final = 64 * 1024
_TOLD_BYTES: Final = 64 * 1024 * 1024
"""Up to here it is told how long a refused line is."""
_REFUSALS_KEPT: Final = 10
_SILENCE_S: Final = 60.0
"""After so long without an acknowledgement no broker answers: the client itself would try for ever."""
_STOP_S: Final = 5.0
_TOO_LARGE: Final = (MessageSizeTooLargeError, RecordTooLargeError)
_REFUSAL: Final = "larger than the topic takes"


@dataclass(slots=True)
class Produced:
    """What became of the lines. `refusals` holds the first few line numbers, with the reason."""

    lines: int = 0
    acknowledged: int = 0
    without_key: int = 0
    empty: int = 0
    refused: int = 0
    refusals: list[tuple[int, str]] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """The lines that the broker has taken or refused."""
        return self.acknowledged + self.refused

    def refuse(self, line: int, why: str) -> None:
        """The broker will not have this line."""
        self.refused += 1
        if len(self.refusals) < _REFUSALS_KEPT:
            self.refusals.append((line, why))


def longest_line_bytes(kafka: Kafka) -> int:
    """Of a longer line no more need be read: it is refused, whatever the topic takes."""
    return max(_largest_bytes(kafka), _TOLD_BYTES)


def _largest_bytes(kafka: Kafka) -> int:
    return max(kafka.max_record_bytes, _BATCH_BYTES) + _ROOM_FOR_KEY_BYTES


async def produce(
    kafka: Kafka,
    topic: str,
    chunks: AsyncIterator[Iterable[bytes]],
    said: Produced,
    on_progress: Callable[[int], None],
) -> None:
    """Put each line on the topic and wait until all are acknowledged.

    `said` tells what became of the lines, also of those before an error. `on_progress` is told the bytes
    of each chunk when the broker's client has taken them. Raises BrokerError; the events acknowledged
    before stay.
    """
    async with open_admin(kafka) as admin:
        await admin.partitions(topic)
        # Too large for the topic is told here. What the broker itself refuses leaves a gap in the numbers by
        # which it knows this producer's batches, and it takes none that comes after on the same partition.
        limit_bytes = await admin.limit_bytes(topic)
    largest = _largest_bytes(kafka)
    if limit_bytes is not None:
        largest = min(largest, limit_bytes)
    with broker_errors(kafka.bootstrap_servers):
        producer = AIOKafkaProducer(
            **client_options(kafka),
            enable_idempotence=True,
            linger_ms=_LINGER_MS,
            max_batch_size=min(_BATCH_BYTES, largest),
            max_request_size=largest,
        )
        try:
            await producer.start()
            await _Run(producer, topic, largest, said).take(chunks, on_progress)
        finally:
            await _stop(producer)


async def _stop(producer: AIOKafkaProducer) -> None:
    """Disconnect; what is not acknowledged in a moment is not waited for."""
    try:
        async with asyncio.timeout(_STOP_S):
            await producer.stop()
    except TimeoutError:
        await producer.client.close()


class _Run:
    def __init__(self, producer: AIOKafkaProducer, topic: str, largest_bytes: int, said: Produced) -> None:
        self._producer = producer
        self._topic = topic
        self._largest_bytes = largest_bytes
        self._said = said
        self._failure: BaseException | None = None

    async def take(self, chunks: AsyncIterator[Iterable[bytes]], on_progress: Callable[[int], None]) -> None:
        async for lines in chunks:
            size = 0
            for line in lines:
                size += len(line) + 1
                await self._send(line)
            on_progress(size)
            if self._failure is not None:
                raise self._failure
        await self._flush()
        await asyncio.sleep(0)  # the last acknowledgements are counted by callbacks
        if self._failure is not None:
            raise self._failure

    async def _flush(self) -> None:
        """Wait until all are acknowledged, for as long as some are."""
        flushing = asyncio.ensure_future(self._producer.flush())
        try:
            answered = -1
            while not flushing.done():
                if self._said.answered == answered:
                    raise KafkaTimeoutError(f"nothing was acknowledged for {_SILENCE_S:g} s")
                answered = self._said.answered
                await asyncio.wait({flushing}, timeout=_SILENCE_S)
            flushing.result()
        finally:
            flushing.cancel()

    async def _send(self, line: bytes) -> None:
        said = self._said
        said.lines += 1
        if not line:
            said.empty += 1
            return
        number = said.lines
        if len(line) > self._largest_bytes:  # a whole file of one line is not read as JSON for its key
            self._refuse(number, line)
            return
        key = visitor_key(line)
        try:
            sent = await self._producer.send(self._topic, line, key)
        except _TOO_LARGE:
            self._refuse(number, line)
            return
        said.without_key += key is None
        sent.add_done_callback(lambda done: self._settle(number, done))

    def _refuse(self, number: int, line: bytes) -> None:
        size = f"{len(line)} bytes" + " or more" * (len(line) > _TOLD_BYTES)
        allowed = f"{self._largest_bytes} are allowed, key and frame included"
        self._said.refuse(number, f"{_REFUSAL}: {size}, and {allowed}")

    def _settle(self, number: int, done: "asyncio.Future[Any]") -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            self._said.acknowledged += 1
        elif isinstance(error, _TOO_LARGE):
            self._said.refuse(number, _REFUSAL)
        else:
            self._failure = error
