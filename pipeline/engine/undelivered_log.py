"""Says in the log that events were given up, by reason and at most once a minute; the audit tells which."""

from collections import Counter

import structlog

from pipeline.engine.once_a_minute import INTERVAL_S
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.deliver")


class UndeliveredLog:
    """The first is said at once, those of the next minute together at its end."""

    __slots__ = ("_clock", "_is_waiting", "_reasons")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reasons: Counter[str] = Counter()
        self._is_waiting = False

    def count(self, reason: str) -> None:
        """One more part of an event failed or expired."""
        self._reasons[reason] += 1
        if not self._is_waiting:
            self._say()

    def _say(self) -> None:
        self._is_waiting = bool(self._reasons)
        if not self._reasons:
            return
        log.warning(
            "events were not delivered",
            reasons={str(reason): count for reason, count in sorted(self._reasons.items())},
            mend="audit tail tells which; mend the cause, then replay them",
        )
        self._reasons.clear()
        self._clock.call_later(INTERVAL_S, self._say)
