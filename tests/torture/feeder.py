"""A producer that keeps producing, whatever happens to the brokers."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Final

from aiokafka.errors import KafkaError

from tests.support.worker.topic import Letter, new_producer

_TURN_S: Final = 0.05
_END_S: Final = 60.0


class Feeder:
    """Puts so many letters a second on a topic until it is told to stop.

    What the broker did not acknowledge in time may stand on the topic or not: the topic says.
    """

    def __init__(self, servers: str, topic: str, letters: Iterator[Letter], rate: float) -> None:
        self._servers = servers
        self._topic = topic
        self._letters = letters
        self._rate = rate
        self._stopping = asyncio.Event()
        self._unanswered: set[asyncio.Future[Any]] = set()
        self.unacknowledged = 0

    async def run(self) -> None:
        """Produce until `stop`, and see to the last acknowledgement."""
        producer = new_producer(self._servers)
        await producer.start()
        try:
            owed, now_s = 0.0, time.monotonic()
            while not self._stopping.is_set():
                before_s, now_s = now_s, time.monotonic()
                owed += (now_s - before_s) * self._rate
                while owed >= 1 and not self._stopping.is_set():
                    owed -= 1
                    await self._send(producer)
                await asyncio.sleep(_TURN_S)
            if self._unanswered:
                await asyncio.wait(self._unanswered, timeout=_END_S)
        finally:
            await producer.stop()

    def go_on(self, letters: Iterator[Letter], rate: float) -> None:
        """Go on with other letters at another rate."""
        self._letters, self._rate = letters, rate

    def stop(self) -> None:
        """Produce no more."""
        self._stopping.set()

    async def _send(self, producer: Any) -> None:
        letter = next(self._letters)
        try:
            future = await producer.send(self._topic, letter.value, letter.key, letter.partition)
        except KafkaError:
            self.unacknowledged += 1
            return
        self._unanswered.add(future)
        future.add_done_callback(self._note)

    def _note(self, future: asyncio.Future[Any]) -> None:
        self._unanswered.discard(future)
        if future.cancelled() or future.exception() is not None:
            self.unacknowledged += 1
