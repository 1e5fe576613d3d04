"""Stage batch: what is ready is grouped by count, bytes and linger, never reordering one visitor.

With one event per request a batch is that event and nothing waits.
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_BRACKETS_BYTES: Final = 2
_COMMA_BYTES: Final = 1


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """Bounds of one request; `linger_s` is the longest wait for more. `is_array` sends JSON arrays."""

    max_events: int
    max_bytes: int
    linger_s: float
    is_array: bool


SINGLE: Final = BatchPolicy(max_events=1, max_bytes=0, linger_s=0.0, is_array=False)
"""One event per request, as Segment sends them."""


class Batcher(Generic[T]):
    """The batch being filled. An item larger than `max_bytes` travels alone."""

    __slots__ = ("_items", "_policy", "_size_bytes")

    def __init__(self, policy: BatchPolicy) -> None:
        self._policy = policy
        self._items: list[T] = []
        self._size_bytes = _BRACKETS_BYTES

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: T, size_bytes: int) -> list[list[T]]:
        """Put one more in; answers the batches that are full by it, in order."""
        full = []
        if self._items and self._size_bytes + size_bytes > self._policy.max_bytes:
            full.append(self.take())
        self._items.append(item)
        self._size_bytes += size_bytes + _COMMA_BYTES
        if len(self._items) >= self._policy.max_events or self._size_bytes >= self._policy.max_bytes:
            full.append(self.take())
        return full

    def take(self) -> list[T]:
        """What is there, leaving nothing."""
        items, self._items = self._items, []
        self._size_bytes = _BRACKETS_BYTES
        return items


def join_bodies(bodies: list[bytes], policy: BatchPolicy) -> bytes:
    """The request body of a batch: the one object, or an array of them."""
    return b"[" + b",".join(bodies) + b"]" if policy.is_array else bodies[0]


def halves(items: list[T]) -> tuple[list[T], list[T]]:
    """Both halves of a refused array, the first one the larger."""
    middle = (len(items) + 1) // 2
    return items[:middle], items[middle:]
