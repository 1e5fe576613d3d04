"""Which of the events that were asked for are shown: each so many-th, and at most so many a second."""

from enum import Enum, auto
from typing import Final

_WINDOW_S: Final = 1.0


class Choice(Enum):
    """What becomes of one event that was asked for."""

    SHOWN = auto()
    PASSED_OVER = auto()
    """As asked: it is not the so many-th."""
    TOO_MANY = auto()


class Sampler:
    """Chooses from what passes; the time arrives as an argument."""

    __slots__ = ("_every", "_per_second", "_seen", "_since_s", "_taken")

    def __init__(self, every: int, per_second: int) -> None:
        self._every = every
        self._per_second = per_second
        self._seen = 0
        self._since_s = float("-inf")
        self._taken = 0

    def choose(self, now_s: float) -> Choice:
        """Choose about one more; `now_s` is monotonic."""
        self._seen += 1
        if (self._seen - 1) % self._every:
            return Choice.PASSED_OVER
        if now_s - self._since_s >= _WINDOW_S:
            self._since_s, self._taken = now_s, 0
        if self._taken == self._per_second:
            return Choice.TOO_MANY
        self._taken += 1
        return Choice.SHOWN
