"""Stage source: one record, as the broker gave it, and where it stands."""

from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.core.value import value_class

Headers = tuple[tuple[str, bytes | None], ...]
"""Names and values of a record's headers; a value may be null."""


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


@value_class
class Record:
    """The raw bytes of a record and where they stand.

    The original bytes stay with the event until its end: dead letters carry them.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: Headers = field(default=(), repr=False)

    @property
    def size_bytes(self) -> int:
        """Bytes that this record keeps in memory: key, value and headers."""
        size = (len(self.key) if self.key else 0) + (len(self.value) if self.value else 0)
        for name, value in self.headers:
            size += len(name) + len(value or b"")
        return size
