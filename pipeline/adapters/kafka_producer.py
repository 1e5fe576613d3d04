"""A producer for what must be acknowledged: once it failed, the next append has a new one."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

_BATCH_BYTES: Final = 512 * 1024
_HASHED_BYTES: Final = 1024
_default_partition: Final = DefaultPartitioner()


def partition_of(key: bytes | None, every: list[int], available: list[int]) -> int:
    """The partition of a key: every Kafka client's choice, for keys of a usual length.

    Of a longer one the beginning decides. The client hashes in pure Python, 0.3 s a megabyte: a key of
    10 MB would keep the loop from every heartbeat for seconds.
    """
    chosen: int = _default_partition(key and key[:_HASHED_BYTES], every, available)
    return chosen


class RenewedProducer:
    """An idempotent producer that waits for all replicas.

    The client tries an idempotent record again for ever, so one that was given up may still be
    written later: by a producer of its own, of which nobody waits for anything any more.
    """

    def __init__(self, options: Mapping[str, Any], *, max_request_bytes: int, timeout_s: float) -> None:
        self._options = options
        self._max_request_bytes = max(max_request_bytes, 2 * _BATCH_BYTES)
        self._timeout_s = timeout_s
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def get(self) -> AIOKafkaProducer:
        """The producer, connected. Raises KafkaError, OSError."""
        async with self._starting:
            if self._producer is None:
                producer = self._new()
                try:
                    await producer.start()
                except BaseException:
                    self._close_later(producer)
                    raise
                self._producer = producer
            return self._producer

    def discard(self, failed: AIOKafkaProducer) -> None:
        """Never use this one again."""
        if self._producer is failed:
            self._producer = None
            self._close_later(failed)

    async def stop(self) -> None:
        """Disconnect; what is not acknowledged by now is not waited for."""
        await asyncio.sleep(0)  # a task that is cancelled before its first step would close nothing
        for closing in self._closing:
            closing.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        if self._producer is not None:
            await self._producer.stop()

    def _new(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._options,
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=self._max_request_bytes,
            request_timeout_ms=int(self._timeout_s * 1000),
            partitioner=partition_of,
        )

    def _close_later(self, producer: AIOKafkaProducer) -> None:
        closing = asyncio.create_task(self._close(producer))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _close(self, producer: AIOKafkaProducer) -> None:
        """Let appends to other partitions end, then end it by force: by itself it would try for ever."""
        try:
            with suppress(Exception):
                async with asyncio.timeout(self._timeout_s):
                    await producer.stop()
        finally:
            with suppress(Exception):
                await producer._sender.close()  # noqa: SLF001 (stop() does not get there while it tries)
                await producer.client.close()
