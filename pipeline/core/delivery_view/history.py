"""The newest outcomes, found by event: for the live stream, the search, and one event's way."""

import heapq
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from pipeline.core.audit import AuditRecord
from pipeline.core.published_text import cut


class Seen(NamedTuple):
    """An outcome, when it was written, and its number in the order of reading."""

    at_ms: int
    number: int
    record: AuditRecord


def key_of(record: AuditRecord) -> str:
    """What holds an event's outcomes together: its messageId, or where it first stood."""
    if record.message_id is not None:
        return record.message_id
    origin = record.replay_of or record.source
    return f"{origin.topic}-{origin.partition}@{origin.offset}"


class Newest:
    """The newest outcomes by the time they were written, whatever order partitions are read in."""

    __slots__ = ("_heap", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[Seen] = []

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest of them was written; None without any."""
        return self._heap[0].at_ms if self._heap else None

    def add(self, seen: Seen) -> Seen | None:
        """Take one up; the one that has to go for it, which may be itself."""
        if len(self._heap) < self._limit:
            heapq.heappush(self._heap, seen)
            return None
        return heapq.heappushpop(self._heap, seen)

    def latest(self, count: int, takes: Callable[[AuditRecord], bool]) -> list[Seen]:
        """So many of those that are taken, the newest first."""
        return heapq.nlargest(count, (seen for seen in self._heap if takes(seen.record)))


class History:
    """The newest outcomes under their event's key."""

    __slots__ = ("_by_key", "newest")

    def __init__(self, limit: int) -> None:
        self.newest = Newest(limit)
        self._by_key: dict[str, list[Seen]] = {}

    def add(self, seen: Seen) -> None:
        """Take one up, and forget the oldest where there is no more room."""
        self._by_key.setdefault(key_of(seen.record), []).append(seen)
        gone = self.newest.add(seen)
        if gone is None:
            return
        key = key_of(gone.record)
        told = self._by_key[key]
        told.remove(gone)
        if not told:
            del self._by_key[key]

    def of(self, key: str) -> Sequence[Seen]:
        """All that is held of one event, the oldest first."""
        return sorted(self._by_key.get(key, ()))

    def search(self, text: str, count: int) -> list[Seen]:
        """The newest outcomes of events whose key holds the text."""
        found = (seen for key, told in self._by_key.items() if text in key for seen in told)
        return heapq.nlargest(count, found)


def held(record: AuditRecord) -> AuditRecord:
    """The record with texts of bounded length, and those that recur kept once."""
    return replace(
        record,
        reason=_shared(record.reason),
        detail=_shared(record.detail),
        message_id=None if record.message_id is None else cut(record.message_id),
        type=_shared_or_none(record.type),
        event_name=_shared_or_none(record.event_name),
        mapping=_shared_or_none(record.mapping),
        action=_shared_or_none(record.action),
        pipeline=_shared(record.pipeline),
        plan=_shared(record.plan),
        event_timestamp=None if record.event_timestamp is None else cut(record.event_timestamp),
        decided_at=cut(record.decided_at),
        worker=_shared(record.worker),
    )


def _shared(text: str) -> str:
    return sys.intern(str(cut(text)))  # an enum's member cannot be kept this way, its text can


def _shared_or_none(text: str | None) -> str | None:
    return None if text is None else _shared(text)
