"""Order: an event waits in the queue of every identity it names.

It may go when it is first in all of them, so a visitor keeps one order through login, while
different visitors run side by side within one partition.
"""

from collections import deque
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """What waits in lanes: it names its identities and counts where it is not first yet."""

    identities: tuple[str, ...]
    lanes_ahead: int


T = TypeVar("T", bound=Waiting)


class Lanes(Generic[T]):
    """The queues of one partition, one an identity; empty ones cost nothing."""

    __slots__ = ("_queues",)

    def __init__(self) -> None:
        self._queues: dict[str, T | deque[T]] = {}  # a queue of one is that one: most are

    def __len__(self) -> int:
        return len(self._queues)

    def join(self, waiting: T) -> bool:
        """Queue behind everyone who shares an identity; True when it may go at once."""
        ahead = 0
        for identity in waiting.identities:
            queue = self._queues.get(identity)
            if queue is None:
                self._queues[identity] = waiting
                continue
            if not isinstance(queue, deque):
                queue = self._queues[identity] = deque((queue,))
            queue.append(waiting)
            ahead += 1
        waiting.lanes_ahead = ahead
        return ahead == 0

    def leave(self, first: T) -> list[T]:
        """Leave all queues, in each of which it is first; answers who may go now."""
        ready = []
        for identity in first.identities:
            queue = self._queues[identity]
            if not isinstance(queue, deque):
                del self._queues[identity]
                continue
            queue.popleft()
            if not queue:
                del self._queues[identity]
                continue
            following = queue[0]
            following.lanes_ahead -= 1
            if following.lanes_ahead == 0:
                ready.append(following)
        return ready


def distinct(identities: Iterable[str]) -> tuple[str, ...]:
    """Identities without repetition, in their order: an entry queues once in a lane."""
    return tuple(dict.fromkeys(identities))
