"""Stage source: one record, as the broker gave it, and where it stands."""

from dataclasses import dataclass
from typing import NamedTuple

Headers = tuple[tuple[str, bytes], ...]


class TopicPartition(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record stands, on any topic."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Record:
    """The raw bytes of a record and where they stand.

    The original bytes stay with the event until its end: dead letters carry them.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def size_bytes(self) -> int:
        """Bytes that this record keeps in memory, key and value."""
        return len(self.key or b"") + len(self.value or b"")
