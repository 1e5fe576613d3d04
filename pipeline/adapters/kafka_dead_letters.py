"""The dead-letter topic on Kafka: acknowledged by all replicas, or LogUnavailable.

It has a producer of its own: an original that the broker refuses must not disturb the audit.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, OutOfOrderSequenceNumber, RecordTooLargeError

from pipeline.adapters.kafka_log_errors import log_errors
from pipeline.adapters.kafka_producer import RenewedProducer
from pipeline.core.dead_letter import own_headers
from pipeline.ports import DeadLetter

_GROUP_BYTES: Final = 1024 * 1024
_TOO_LARGE: Final = (MessageSizeTooLargeError, RecordTooLargeError)
_AT_SOURCE: Final = ("original", b"at-source")


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
