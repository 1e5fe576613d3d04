"""Time as the machine has it."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from pipeline.ports import Timer

_EVEN_SUSPENDED: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux has a clock that goes on while the machine is suspended, as the group's patience does."""


class SystemClock:
    """The port Clock on the running event loop."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds that never go back, on Linux with those for which the machine was suspended."""
        return time.clock_gettime(_EVEN_SUSPENDED)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call back once, after the delay."""
        return asyncio.get_running_loop().call_later(delay_s, callback)

    async def sleep(self, delay_s: float) -> None:
        """Return after the delay."""
        await asyncio.sleep(delay_s)
