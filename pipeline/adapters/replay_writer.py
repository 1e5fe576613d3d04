"""Puts records on the replays topic, in transactions under one transactional id for each pipeline.

Whoever starts with that id ends what another had begun: of two at once only the later one goes on,
and what it reads as committed is all that was ever put back.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerFenced, RecordTooLargeError

from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_errors import BrokerError, broker_errors
from pipeline.config.kafka import Kafka
from pipeline.core.record import Headers

_TRANSACTION_S: Final = 60
_ROOM_BYTES: Final = 256 * 1024
_BATCH_BYTES: Final = 256 * 1024
_STOP_S: Final = 5.0


class ReplayFencedError(BrokerError):
    """Another `replay` of the same pipeline has begun since."""


class ReplayTooLargeError(BrokerError):
    """The replays topic takes no record of that size."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One record for the replays topic."""

    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class ReplayWriter:
    """The one writer of a pipeline's replays. To be made inside the running loop."""

    def __init__(self, kafka: Kafka, partitions: int) -> None:
        self._kafka = kafka
        self._partitions = partitions
        self._producer = AIOKafkaProducer(
            **client_options(kafka),
            acks="all",
            transactional_id=transactional_id(kafka.group),
            transaction_timeout_ms=_TRANSACTION_S * 1000,
            max_batch_size=_BATCH_BYTES,
            max_request_size=max(kafka.max_record_bytes, _BATCH_BYTES) + _ROOM_BYTES,
        )

    async def start(self) -> None:
        """Connect and fence every other writer: its open transaction is aborted. Raises BrokerError."""
        with broker_errors(self._kafka.bootstrap_servers):
            await self._producer.start()

    async def stop(self) -> None:
        """Disconnect; an open transaction is left to the broker, which aborts it."""
        with suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(_STOP_S):
                await self._producer.stop()

    async def put(self, replays: Sequence[Replay]) -> None:
        """All of them or none. Raises ReplayFencedError, ReplayTooLargeError, BrokerError."""
        with broker_errors(self._kafka.bootstrap_servers):
            try:
                async with asyncio.timeout(_TRANSACTION_S):
                    await self._put(replays)
            except ProducerFenced as error:
                raise ReplayFencedError("another replay of this pipeline has begun and taken over") from error
            except (MessageSizeTooLargeError, RecordTooLargeError) as error:
                raise ReplayTooLargeError(
                    f"{self._kafka.topics.replays} takes no record this large: see `topics plan`"
                ) from error

    async def _put(self, replays: Sequence[Replay]) -> None:
        async with self._producer.transaction():
            sent = [await self._send(replay) for replay in replays]
            await asyncio.gather(*sent)

    async def _send(self, replay: Replay) -> "asyncio.Future[object]":
        value = b"" if replay.value is None and replay.key is None else replay.value
        future: asyncio.Future[object] = await self._producer.send(
            self._kafka.topics.replays,
            value,
            replay.key,
            partition=replay.partition % self._partitions,
            headers=list(replay.headers),
        )
        return future


def transactional_id(pipeline: str) -> str:
    """Under which the replays of a pipeline are written; a user of the broker must be allowed it."""
    return f"{pipeline}-replay"
