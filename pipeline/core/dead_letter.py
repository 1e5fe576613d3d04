"""The headers of dead letters and replays: what befell an event, and where it first stood.

Contracts: `topics/kameleoon-dead-letters.yaml`, `topics/kameleoon-replays.yaml`.
"""

from dataclasses import dataclass
from typing import Final

from pipeline.core.audit_record import AuditRecord
from pipeline.core.published_text import LONGEST, cut, utf8
from pipeline.core.record import Headers, Position

DEAD_LETTER_SCHEMA: Final = "dead-letter/1"
REPLAY_SCHEMA: Final = "replay/1"

_LONGEST_NUMBER: Final = 19
_COORDINATES: Final = ("topic", "partition", "offset")
_TOLD: Final = frozenset(
    (
        *(
            "schema",
            "pipeline",
            "pass",
            "epoch",
            "plan",
            "message_id",
            "outcome",
            "reason",
            "stage",
            "detail",
        ),
        *("mapping", "action", "part", "parts", "attempts", "status", "failed_at", "source_timestamp_ms"),
        *(f"{place}_{name}" for place in ("source", "origin") for name in _COORDINATES),
        *("original", "origin_pass", "generation", "replayed_at"),
    )
)
"""The headers that dead letters and replays add to the original's own."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose event a dead letter or a replay is, under which mapping, and where it first stood.

    `mapping` is None for an event that no mapping took.
    """

    pipeline: str
    mapping: str | None
    position: Position


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """How late a failure or a replay is in the story of its origin, without asking any clock.

    `pass_` is the reading of the events topic, `generation` counts the replays within it: an event
    of the events topic has 0, its replay 1, and so has the dead letter of that replay.
    """

    pass_: int
    generation: int


def dead_letter_headers(record: AuditRecord, original: Headers = (), *, at_source: bool = False) -> Headers:
    """The headers of a dead letter: the original's own, then what happened.

    `at_source` says that the broker refused the value for its size, so that the dead letter is empty.
    Contract: `topics/kameleoon-dead-letters.yaml`.
    """
    story = (*_story(record), ("original", "at-source" if at_source else None))
    names = {name for name, _ in story}
    kept = tuple(header for header in original if header[0] not in names)
    return kept + tuple((name, utf8(str(value))) for name, value in story if value is not None)


def own_headers(headers: Headers) -> Headers:
    """The headers of a dead letter without those that its original had: ours begin with the schema."""
    begin = next((index for index, (name, _) in enumerate(headers) if name == "schema"), 0)
    return headers[begin:]


def _story(record: AuditRecord) -> tuple[tuple[str, str | int | None], ...]:
    source, http, origin = record.source, record.http, record.replay_of or record.source
    return (
        ("schema", DEAD_LETTER_SCHEMA),
        ("pipeline", record.pipeline),
        ("pass", record.pass_),
        ("epoch", record.epoch),
        ("plan", record.plan),
        ("message_id", None if record.message_id is None else cut(record.message_id)),
        ("outcome", record.outcome),
        ("reason", record.reason),
        ("stage", record.stage),
        ("detail", cut(record.detail)),
        ("mapping", record.mapping),
        ("action", record.action),
        ("part", record.part),
        ("parts", record.parts),
        ("attempts", http.attempts if http else 0),
        ("status", http.status if http else None),
        ("failed_at", record.decided_at),
        ("source_topic", source.topic),
        ("source_partition", source.partition),
        ("source_offset", source.offset),
        ("source_timestamp_ms", source.timestamp_ms),
        ("origin_topic", origin.topic),
        ("origin_partition", origin.partition),
        ("origin_offset", origin.offset),
    )


def replay_headers(origin: Origin, rank: Rank, replayed_at: str, original: Headers = ()) -> Headers:
    """The headers of a replay: the original's own, then whose it is; `replayed_at` is `utc_text`.

    `original` may be the headers of the dead letter: what those told is left out.
    """
    position = origin.position
    story: tuple[tuple[str, str | int | None], ...] = (
        ("schema", REPLAY_SCHEMA),
        ("pipeline", origin.pipeline),
        ("mapping", origin.mapping),
        ("origin_topic", position.topic),
        ("origin_partition", position.partition),
        ("origin_offset", position.offset),
        ("origin_pass", rank.pass_),
        ("generation", rank.generation),
        ("replayed_at", replayed_at),
    )
    kept = tuple(header for header in original if header[0] not in _TOLD)
    return kept + tuple((name, utf8(str(value))) for name, value in story if value is not None)


def read_origin(headers: Headers) -> Origin | None:
    """The origin that the headers of a dead letter or a replay name; None for a foreign record.

    Of repeated headers the last one counts: that is where ours stand.
    """
    found = dict(headers)
    if found.get("schema") not in (DEAD_LETTER_SCHEMA.encode(), REPLAY_SCHEMA.encode()):
        return None
    pipeline, topic = _text(found.get("pipeline")), _text(found.get("origin_topic"))
    partition, offset = read_number(found.get("origin_partition")), read_number(found.get("origin_offset"))
    if not pipeline or not topic or len(topic) > LONGEST or partition is None or offset is None:
        return None
    return Origin(pipeline, _text(found.get("mapping")), Position(topic, partition, offset))


def read_rank(headers: Headers) -> Rank | None:
    """The rank of a dead letter or a replay, of which `read_origin` has found the origin.

    The dead letter of a replay carries the replay's own headers. None when they are not whole.
    """
    found = dict(headers)
    is_letter = found.get("schema") == DEAD_LETTER_SCHEMA.encode()
    if is_letter and all(found.get(f"source_{name}") == found.get(f"origin_{name}") for name in _COORDINATES):
        found |= {"origin_pass": found.get("pass", b""), "generation": b"0"}  # others would be the sender's
    pass_, generation = read_number(found.get("origin_pass")), read_number(found.get("generation"))
    return None if pass_ is None or generation is None else Rank(pass_, generation)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")


def read_number(value: bytes | None) -> int | None:
    """The number that a header says; None for one that no offset can be."""
    if value is None or not value.isdigit() or len(value) > _LONGEST_NUMBER:
        return None
    return int(value)
