"""Stage deliver: how many requests may be under way at a time.

As many as allowed, while answers come about as fast as at best and few fail. When they take much longer,
or many fail, fewer requests go at a time; when that is over, quickly more again. Judged in rounds: as
many answers as may be under way, to requests that were sent under the limit of that round.
"""

import math
from dataclasses import dataclass
from typing import Final

TOLERANCE: Final = 2.0
"""Answers may take so many times as long as at best."""

SLACK_S: Final = 0.01
"""And so much longer besides: what a busy event loop of ours adds is no sign of the destination."""

TOLERATED_FAILURES: Final = 0.1
"""So large a share of a round may fail."""

MEMORY_S: Final = 15.0
"""How long the best time holds; a limit that is lowered by then is lowered further once, to measure it."""

_MEASURING_SHARE: Final = 0.25
"""Less than 1 / TOLERANCE: else the queue of our own requests would justify itself."""

_GROWTH: Final = 1.25
_STRONGEST_CUT: Final = 0.5
_LEAST_ANSWERS: Final = 8
_LEAST_ROUND_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most requests at a time."""

    least: int
    most: int


class Concurrency:
    """The limit as of the last round. All times are monotonic seconds."""

    __slots__ = (
        "_answers",
        "_began_s",
        "_best_s",
        "_best_until_s",
        "_bounds",
        "_failed",
        "_latest_best_s",
        "_level",
        "_measures",
        "_took_s",
        "limit",
    )

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._best_s = self._latest_best_s = math.inf
        self._best_until_s = -math.inf
        self.limit = bounds.most
        self._begin(float(bounds.most), -math.inf)

    def restart(self, now_s: float) -> None:
        """The destination was away and is back: begin with the fewest."""
        self._begin(float(self._bounds.least), now_s)

    def hear(self, started_s: float, now_s: float, *, is_failed: bool) -> None:
        """A request that had started at `started_s` was answered, or failed."""
        if started_s < self._began_s:
            return
        self._answers += 1
        if is_failed:
            self._failed += 1
        else:
            self._took_s += now_s - started_s
        is_round = self._answers >= self.limit and self._answers >= _LEAST_ANSWERS
        if is_round and now_s - self._began_s >= _LEAST_ROUND_S:
            self._judge(now_s)

    def _judge(self, now_s: float) -> None:
        """The round is over."""
        taken = self._answers - self._failed
        mean_s = self._took_s / taken if taken else math.inf
        self._remember(mean_s, now_s)
        if self._measures:
            self._begin(self._level, now_s)
        elif self._failed > TOLERATED_FAILURES * self._answers:
            self._begin(self._level * _STRONGEST_CUT, now_s)
        elif mean_s > (allowed_s := TOLERANCE * self._best_s + SLACK_S):
            self._begin(self._level * max(_STRONGEST_CUT, allowed_s / mean_s), now_s)
        else:
            self._begin(self._level * _GROWTH + 1.0, now_s)
        if now_s >= self._best_until_s:
            self._measure_anew(now_s)

    def _remember(self, mean_s: float, now_s: float) -> None:
        if self._measures:
            self._best_s = self._latest_best_s = mean_s
            self._best_until_s = now_s + MEMORY_S
        self._latest_best_s = min(self._latest_best_s, mean_s)
        self._best_s = min(self._best_s, mean_s)

    def _measure_anew(self, now_s: float) -> None:
        """Forget the best time: take the best since, or measure it in a round with few under way."""
        if self._level >= self._bounds.most:
            self._best_s, self._latest_best_s = self._latest_best_s, math.inf
            self._best_until_s = now_s + MEMORY_S
        else:
            self._measures = True
            self.limit = max(self._bounds.least, int(self.limit * _MEASURING_SHARE))

    def _begin(self, level: float, now_s: float) -> None:
        """A new round, with the limit at this level."""
        self._level = min(max(level, float(self._bounds.least)), float(self._bounds.most))
        self.limit = int(self._level)
        self._measures = False
        self._began_s = now_s
        self._answers = self._failed = 0
        self._took_s = 0.0
