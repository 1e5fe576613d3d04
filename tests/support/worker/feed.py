"""Events that keep coming while something happens to the workers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from tests.support.worker.events import tracks
from tests.support.worker.scene import Scene
from tests.support.worker.topic import new_producer, send

_PAUSE_S: Final = 0.1


class Feed:
    """So many events a second, of `visitors` visitors; `count` is how many were acknowledged."""

    def __init__(self, scene: Scene, per_s: int, visitors: int, story: dict[str, Any]) -> None:
        self._scene = scene
        self._each = max(1, round(per_s * _PAUSE_S))
        self._visitors = visitors
        self._story = story
        self.count = 0

    async def run(self) -> None:
        """Produce until cancelled; what was begun is brought to its end."""
        producer = new_producer(self._scene.servers)
        await producer.start()
        turn = asyncio.create_task(self._turn(producer))
        try:
            while True:
                await asyncio.shield(turn)
                await asyncio.sleep(_PAUSE_S)
                turn = asyncio.create_task(self._turn(producer))
        finally:
            await asyncio.wait([turn])
            await producer.stop()

    async def _turn(self, producer: Any) -> None:
        letters = tracks(self._each, visitors=self._visitors, first=self.count, **self._story)
        self.count += self._each
        await send(producer, self._scene.kafka.topics.events, letters)


@asynccontextmanager
async def feeding(
    scene: Scene, *, per_s: int = 100, visitors: int = 120, **story: Any
) -> AsyncIterator[Feed]:
    """Feed the events topic for as long as the block lasts."""
    feed = Feed(scene, per_s, visitors, story)
    running = asyncio.create_task(feed.run())
    try:
        yield feed
        assert not running.done(), running.result()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
