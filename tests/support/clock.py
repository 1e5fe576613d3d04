"""A clock that stands still until a test moves it."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

START_MS = 1_700_000_000_000


class _Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class FakeClock:
    """The port Clock. `advance` runs what falls due, in order, and lets the loop turn in between."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self._timers: list[tuple[float, int, _Timer]] = []
        self._numbers = count()

    def now_ms(self) -> int:
        return START_MS + int(self.elapsed_s * 1000)

    def monotonic_s(self) -> float:
        return self.elapsed_s

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> _Timer:
        timer = _Timer(callback)
        heapq.heappush(self._timers, (self.elapsed_s + delay_s, next(self._numbers), timer))
        return timer

    async def sleep(self, delay_s: float) -> None:
        woken = asyncio.Event()
        timer = self.call_later(delay_s, woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()

    async def advance(self, seconds: float) -> None:
        """Move on by so many seconds."""
        end_s = self.elapsed_s + seconds
        await settle()
        while self._timers and self._timers[0][0] <= end_s:
            due_s, _, timer = heapq.heappop(self._timers)
            self.elapsed_s = max(self.elapsed_s, due_s)
            if timer.callback is not None:
                timer.callback()
                await settle()
        self.elapsed_s = end_s
        await settle()


async def settle(most_turns: int = 1000) -> None:
    """Let everything that can go on without time go on, for so many turns of the loop."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # asyncio tells nobody that it is idle
    for _ in range(most_turns):
        await asyncio.sleep(0)
        if not ready:
            return
