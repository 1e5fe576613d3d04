"""Waiting for a condition with a deadline, never for a time."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar

_LOOK_AGAIN_S: Final = 0.02

Found = TypeVar("Found")


async def until(condition: Callable[[], Found], what: str, timeout_s: float = 30.0) -> Found:
    """Ask until the answer is true, and give it back. Raises TimeoutError, which says what was awaited."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s:g} s in vain: {what}")
        await asyncio.sleep(_LOOK_AGAIN_S)
    return found
