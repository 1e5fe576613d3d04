"""Servers with a hidden limit of requests a second, and a client that keeps up its pace at one, simulated."""

import heapq
import math
import random
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pipeline.core.rate import Rate

_TIMER_S = 0.0005


class LimitedServer(ABC):
    """Takes `per_s` requests a second; `retry_after` tells whether a 429 says how long to wait."""

    def __init__(self, per_s: float, *, retry_after: bool) -> None:
        self.per_s = per_s
        self.retry_after = retry_after

    @abstractmethod
    def takes(self, now_s: float) -> bool:
        """Whether a request that arrives now is accepted."""

    def wait_s(self, now_s: float) -> float:
        return 1.0 if self.retry_after else 0.0


class FixedWindow(LimitedServer):
    """Counts anew with each full second."""

    _window, _taken = -1, 0

    def takes(self, now_s: float) -> bool:
        if math.floor(now_s) != self._window:
            self._window, self._taken = math.floor(now_s), 0
        self._taken += 1
        return self._taken <= self.per_s


class SlidingWindow(LimitedServer):
    """Counts what it took in the last second."""

    def __init__(self, per_s: float, *, retry_after: bool) -> None:
        super().__init__(per_s, retry_after=retry_after)
        self._taken: deque[float] = deque()

    def takes(self, now_s: float) -> bool:
        while self._taken and self._taken[0] <= now_s - 1.0:
            self._taken.popleft()
        if len(self._taken) >= self.per_s:
            return False
        self._taken.append(now_s)
        return True


class TokenBucket(LimitedServer):
    """Saves up half a second's requests."""

    _tokens, _filled_at_s = 0.0, 0.0

    def takes(self, now_s: float) -> bool:
        filled = self._tokens + (now_s - self._filled_at_s) * self.per_s
        self._tokens, self._filled_at_s = min(self.per_s / 2, filled), now_s
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


@dataclass
class LimitedClient:
    """Has always something to send, `concurrency` at a time, each under way for about `latency_s`."""

    server: LimitedServer
    concurrency: int
    latency_s: float
    rate: Rate = field(default_factory=Rate)
    accepted_at_s: list[float] = field(default_factory=list)
    throttled_at_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(1)  # noqa: S311 (a simulation)
        self._numbers = count()
        self._due: list[tuple[float, int, str, Any]] = []
        self._idle = self.concurrency
        self._hold_until_s = 0.0
        self._wake_at_s = math.inf

    def run(self, begin_s: float, end_s: float) -> None:
        """Let time pass."""
        self._wake(begin_s)
        while self._due and self._due[0][0] < end_s:
            now_s, _, what, data = heapq.heappop(self._due)
            if what == "arrival":
                self._arrive(now_s, *data)
                continue
            if what == "answer":
                self._hear(now_s, *data)
            else:
                self._wake_at_s = math.inf
            self._send(now_s)

    def settled(self, begin_s: float, end_s: float) -> tuple[float, float]:
        """Accepted requests a second in that time, and the share of all answers that were 429."""
        accepted = sum(begin_s <= at_s < end_s for at_s in self.accepted_at_s)
        throttled = sum(begin_s <= at_s < end_s for at_s in self.throttled_at_s)
        return accepted / (end_s - begin_s), throttled / max(1, accepted + throttled)

    def _at(self, at_s: float, what: str, *data: object) -> None:
        heapq.heappush(self._due, (at_s, next(self._numbers), what, data))

    def _wake(self, at_s: float) -> None:
        if at_s < self._wake_at_s:
            self._wake_at_s = at_s
            self._at(at_s, "wake")

    def _send(self, now_s: float) -> None:
        while self._idle:
            may_at_s = max(self._hold_until_s, self.rate.next_s)
            if may_at_s > now_s:
                self._wake(max(may_at_s, now_s + _TIMER_S))
                return
            self.rate.start(now_s)
            self._idle -= 1
            one_way_s = self.latency_s * self._random.uniform(0.4, 0.6)
            self._at(now_s + one_way_s, "arrival", now_s, one_way_s)

    def _arrive(self, now_s: float, started_s: float, one_way_s: float) -> None:
        self._at(now_s + one_way_s, "answer", started_s, self.server.takes(now_s), self.server.wait_s(now_s))

    def _hear(self, now_s: float, started_s: float, is_accepted: bool, wait_s: float) -> None:  # noqa: FBT001 (an answer)
        self._idle += 1
        if is_accepted:
            self.accepted_at_s.append(now_s)
            self.rate.accept(now_s)
        else:
            self.throttled_at_s.append(now_s)
            self._hold_until_s = max(self._hold_until_s, now_s + wait_s)
            self.rate.throttle(started_s, now_s, wait_s)
