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


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose event a dead letter or a replay is, under which mapping, and where it first stood.

    `mapping` is None for an event that no mapping took.
    """

    pipeline: str
    mapping: str | None
    position: Position


def dead_letter_headers(record: AuditRecord, original: Headers = (), *, at_source: bool = False) -> Headers:
    """The headers of a dead letter: the original's own, then what happened.

    `at_source` says that the broker refused the value for its size, so that the dead letter is empty.
    Contract: `topics/kameleoon-dead-letters.yaml`.
    """
    story = (*_story(record), ("original", "at-source" if at_source else None))
    names = {name for name, _ in story}
    kept = tuple(header for header in original if header[0] not in names)
    return kept + tuple((name, utf8(str(value))) for name, value in story if value is not None)


def _story(record: AuditRecord) -> tuple[tuple[str, str | int | None], ...]:
    source, http, origin = record.source, record.http, record.replay_of or record.source
    return (
        ("schema", DEAD_LETTER_SCHEMA),
        ("pipeline", record.pipeline),
        ("pass", record.pass_),
        ("epoch", record.epoch),
        ("plan", record.plan),
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


def replay_headers(origin: Origin, replayed_at: str) -> Headers:
    """The headers of a replay; `replayed_at` is `utc_text`."""
    position = origin.position
    story: tuple[tuple[str, str | int | None], ...] = (
        ("schema", REPLAY_SCHEMA),
        ("pipeline", origin.pipeline),
        ("mapping", origin.mapping),
        ("origin_topic", position.topic),
        ("origin_partition", position.partition),
        ("origin_offset", position.offset),
        ("replayed_at", replayed_at),
    )
    return tuple((name, utf8(str(value))) for name, value in story if value is not None)


def read_origin(headers: Headers) -> Origin | None:
    """The origin that the headers of a dead letter or a replay name; None for a foreign record.

    Of repeated headers the last one counts: that is where ours stand.
    """
    found = dict(headers)
    if found.get("schema") not in (DEAD_LETTER_SCHEMA.encode(), REPLAY_SCHEMA.encode()):
        return None
    pipeline, topic = _text(found.get("pipeline")), _text(found.get("origin_topic"))
    partition, offset = _number(found.get("origin_partition")), _number(found.get("origin_offset"))
    if not pipeline or not topic or len(topic) > LONGEST or partition is None or offset is None:
        return None
    return Origin(pipeline, _text(found.get("mapping")), Position(topic, partition, offset))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")


def _number(value: bytes | None) -> int | None:
    if value is None or not value.isdigit() or len(value) > _LONGEST_NUMBER:
        return None
    return int(value)
