"""A server with a queue before its workers, and a client that keeps its limit under way, simulated."""

import heapq
import random
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from pipeline.core.concurrency import Concurrency


@dataclass
class QueueingServer:
    """Each request takes about `service_s` of one of `workers`; `failing` of them fail."""

    workers: int
    service_s: float
    jitter: float = 0.3
    failing: float = 0.0


@dataclass
class ClosedLoopClient:
    """Has always something to send, as much at a time as the limit lets it."""

    server: QueueingServer
    concurrency: Concurrency
    answered: int = 0
    now_s: float = 0.0
    limits: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(1)  # noqa: S311 (a simulation)
        self._numbers = count()
        self._due: list[tuple[float, int, float]] = []
        self._queue: deque[float] = deque()
        self._busy = 0
        self.under_way = 0

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end_s = self.now_s + seconds
        self._send()
        while self._due and self._due[0][0] < end_s:
            self.now_s, _, started_s = heapq.heappop(self._due)
            self._busy -= 1
            self.under_way -= 1
            self.answered += 1
            is_failed = self._random.random() < self.server.failing
            self.concurrency.hear(started_s, self.now_s, is_failed=is_failed)
            self.limits.append((self.now_s, self.concurrency.limit))
            self._send()
        self.now_s = end_s

    def mean_limit(self, last_s: float) -> float:
        """The mean of the limit over the last seconds."""
        limits = [limit for at_s, limit in self.limits if at_s >= self.now_s - last_s]
        return sum(limits) / len(limits)

    def _send(self) -> None:
        while self.under_way < self.concurrency.limit:
            self.under_way += 1
            self._queue.append(self.now_s)
        while self._queue and self._busy < self.server.workers:
            self._busy += 1
            spread = self._random.expovariate(1.0) * self.server.jitter + 1.0 - self.server.jitter
            done_s = self.now_s + self.server.service_s * spread
            heapq.heappush(self._due, (done_s, next(self._numbers), self._queue.popleft()))
