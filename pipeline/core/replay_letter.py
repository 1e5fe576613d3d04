"""What `replay` needs to know of a dead letter and of a replay, from their headers alone."""

from dataclasses import dataclass
from sys import intern

from pipeline.core.dead_letter import Origin, Rank, read_number, read_origin, read_rank
from pipeline.core.record import Headers, Position

_AT_SOURCE = b"at-source"


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `offset` and `partition` are its own; `failed_at` is `utc_text`."""

    partition: int
    offset: int
    origin: Origin
    rank: Rank
    reason: str
    failed_at: str
    message_id: str | None
    is_at_source: bool

    @property
    def order(self) -> tuple[Rank, str, int, int]:
        """Grows with the story of an origin; the clock decides only between equals."""
        return self.rank, self.failed_at, self.partition, self.offset


@dataclass(frozen=True, slots=True)
class Replayed:
    """One replay that was put back before."""

    origin: Origin
    rank: Rank


@dataclass(frozen=True, slots=True)
class Source:
    """Where the record of a dead letter was read, and its Kafka timestamp there."""

    position: Position
    timestamp_ms: int


def read_letter(headers: Headers, partition: int, offset: int) -> Letter | None:
    """The dead letter with these headers at this place; None for a foreign record."""
    origin, rank = read_origin(headers), read_rank(headers)
    if origin is None or rank is None:
        return None
    found = dict(headers)
    return Letter(
        partition=partition,
        offset=offset,
        origin=origin,
        rank=rank,
        reason=intern(_text(found.get("reason"))),
        failed_at=_text(found.get("failed_at")),
        message_id=_text(found["message_id"]) if "message_id" in found else None,
        is_at_source=found.get("original") == _AT_SOURCE,
    )


def read_replayed(headers: Headers) -> Replayed | None:
    """The replay with these headers; None for a foreign record."""
    origin, rank = read_origin(headers), read_rank(headers)
    return None if origin is None or rank is None else Replayed(origin, rank)


def read_source(headers: Headers) -> Source | None:
    """Where the record of a dead letter was read."""
    found = dict(headers)
    partition, offset = read_number(found.get("source_partition")), read_number(found.get("source_offset"))
    timestamp_ms = read_number(found.get("source_timestamp_ms"))
    if partition is None or offset is None or timestamp_ms is None:
        return None
    return Source(Position(_text(found.get("source_topic")), partition, offset), timestamp_ms)


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
