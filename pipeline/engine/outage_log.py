"""Says in the log that Kameleoon takes nothing, now and then while it lasts, and that it does again."""

from typing import Final

import structlog

from pipeline.core.breaker import Cause
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.deliver")

SAY_AFTER_S: Final = 5.0
SAY_AGAIN_AFTER_S: Final = 60.0


class OutageLog:
    """The time since the last accepted request in which only failures came."""

    __slots__ = ("_clock", "_failures", "_said_at_s", "_since_s")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._since_s = 0.0
        self._said_at_s: float | None = None

    def fail(self, answer: str, cause: Cause | None) -> None:
        """One more request was not taken; `cause` is why the breaker is open, None while it is closed."""
        now_s = self._clock.monotonic_s()
        if self._failures == 0:
            self._since_s = now_s
        self._failures += 1
        is_due = (
            now_s - self._since_s >= SAY_AFTER_S
            if self._said_at_s is None
            else now_s - self._said_at_s >= SAY_AGAIN_AFTER_S
        )
        if is_due:
            self._said_at_s = now_s
            log.warning(
                "Kameleoon takes nothing, events wait",
                detail=answer,
                breaker=cause or "closed",
                attempts=self._failures,
                seconds=round(now_s - self._since_s),
            )

    def end(self) -> None:
        """A request was accepted."""
        if self._said_at_s is not None:
            log.info("Kameleoon takes events again", seconds=round(self._clock.monotonic_s() - self._since_s))
            self._said_at_s = None
        self._failures = 0
