"""Time as the machine has it."""

import asyncio
import time
from collections.abc import Callable

from pipeline.ports import Timer


class SystemClock:
    """The port Clock on the running event loop."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call back once, after the delay."""
        return asyncio.get_running_loop().call_later(delay_s, callback)

    async def sleep(self, delay_s: float) -> None:
        """Return after the delay."""
        await asyncio.sleep(delay_s)
