"""A worker that a parent has started notices when the parent is gone, however it ended."""

import os
import signal
import threading
from typing import Final

import structlog

log = structlog.get_logger("pipeline.leash")

_STANDARD_INPUT: Final = 0


def end_with_parent(leash: int = _STANDARD_INPUT) -> None:
    """Send this process SIGTERM when nobody holds the other end of `leash` any more.

    A thread waits for that: it works at every stage of the start, before there is a loop, and on
    every system.
    """
    threading.Thread(target=_wait, args=(leash,), name="leash", daemon=True).start()


def _wait(leash: int) -> None:
    while os.read(leash, 1):
        pass  # nothing is ever written
    log.warning("the parent is gone: the worker ends in order")
    os.kill(os.getpid(), signal.SIGTERM)
