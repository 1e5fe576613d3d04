"""Keeps a sentence in the log from being said more than once a minute."""

from typing import Final

INTERVAL_S: Final = 60.0


class OnceAMinute:
    """Counts how often there is something to say, and tells when to say it."""

    __slots__ = ("_count", "_said_at_s")

    def __init__(self) -> None:
        self._count = 0
        self._said_at_s: float | None = None

    def due(self, now_s: float) -> int:
        """0 if it is not to be said now, else how often it happened since it was said last."""
        self._count += 1
        if self._said_at_s is not None and now_s - self._said_at_s < INTERVAL_S:
            return 0
        count, self._count, self._said_at_s = self._count, 0, now_s
        return count
