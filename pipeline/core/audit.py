"""Stage audit: the bytes that an outcome is published in. Readers and writers import from here.

What an entry holds stands in `core/audit_record.py`, reading back in `core/audit_decode.py`.
"""

from typing import Final

import orjson

from pipeline.core.audit_decode import decode_audit
from pipeline.core.audit_record import (
    ASSIGNMENT_SCHEMA,
    AUDIT_SCHEMA,
    AssignmentMarker,
    AuditEntry,
    AuditRecord,
    HttpExchange,
    OutcomeKind,
    Position,
    SourcePartition,
    SourcePosition,
)
from pipeline.core.event import Json
from pipeline.core.record import Headers
from pipeline.core.utc import utc_text

__all__ = [
    "ASSIGNMENT_SCHEMA",
    "AUDIT_SCHEMA",
    "AssignmentMarker",
    "AuditEntry",
    "AuditRecord",
    "HttpExchange",
    "OutcomeKind",
    "Position",
    "SourcePartition",
    "SourcePosition",
    "audit_key",
    "dead_letter_headers",
    "decode_audit",
    "encode",
    "utc_text",
]

_LONGEST_TEXT: Final = 1024
"""Characters kept of a text that the sender chose: an audit record always fits its topic."""


def encode(entry: AuditEntry) -> bytes:
    """The entry as JSON in UTF-8. Texts of senders are cut at 1,024 characters; never raises."""
    if isinstance(entry, AssignmentMarker):
        return _dump(_marker_json(entry))
    return _dump(_record_json(entry))


def audit_key(message_id: str | None) -> bytes | None:
    """The Kafka key of an audit record: the event's `messageId`."""
    return None if message_id is None else _utf8(_cut(message_id))


def dead_letter_headers(record: AuditRecord, original: Headers = (), *, at_source: bool = False) -> Headers:
    """The headers of a dead letter: the original's own, then what happened.

    `at_source` says that the broker refused the value for its size, so that the dead letter is empty.
    Contract: `topics/kameleoon-dead-letters.yaml`.
    """
    story = (*_story(record), ("original", "at-source" if at_source else None))
    names = {name for name, _ in story}
    kept = tuple(header for header in original if header[0] not in names)
    return kept + tuple((name, _utf8(str(value))) for name, value in story if value is not None)


def _story(record: AuditRecord) -> tuple[tuple[str, str | int | None], ...]:
    source, http, origin = record.source, record.http, record.replay_of or record.source
    return (
        ("schema", "dead-letter/1"),
        ("pipeline", record.pipeline),
        ("pass", record.pass_),
        ("epoch", record.epoch),
        ("plan", record.plan),
        ("outcome", record.outcome),
        ("reason", record.reason),
        ("stage", record.stage),
        ("detail", _cut(record.detail)),
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


def _record_json(record: AuditRecord) -> dict[str, Json]:
    return {
        "schema": AUDIT_SCHEMA,
        "outcome": record.outcome,
        "reason": record.reason,
        "stage": record.stage,
        "detail": _cut(record.detail),
        "message_id": _cut_or_none(record.message_id),
        "type": _cut_or_none(record.type),
        "event_name": _cut_or_none(record.event_name),
        "mapping": record.mapping,
        "action": record.action,
        "part": record.part,
        "parts": record.parts,
        "pipeline": record.pipeline,
        "pass": record.pass_,
        "epoch": record.epoch,
        "plan": record.plan,
        "source": _source_json(record.source),
        "event_timestamp": _cut_or_none(record.event_timestamp),
        "http": None if record.http is None else _http_json(record.http),
        "decided_at": record.decided_at,
        "worker": record.worker,
        "has_visitor_code": record.has_visitor_code,
        "possible_duplicate": record.possible_duplicate,
        "replay_of": record.replay_of,
    }


def _source_json(source: SourcePosition) -> dict[str, Json]:
    return {
        "topic": source.topic,
        "partition": source.partition,
        "offset": source.offset,
        "timestamp_ms": source.timestamp_ms,
    }


def _http_json(http: HttpExchange) -> dict[str, Json]:
    return {
        "status": http.status,
        "attempts": http.attempts,
        "latency_ms": http.latency_ms,
        "first_attempt_at": http.first_attempt_at,
        "last_attempt_at": http.last_attempt_at,
    }


def _marker_json(marker: AssignmentMarker) -> dict[str, Json]:
    return {
        "schema": ASSIGNMENT_SCHEMA,
        "pipeline": marker.pipeline,
        "pass": marker.pass_,
        "epoch": marker.epoch,
        "source": marker.source,
        "worker": marker.worker,
        "at": marker.at,
    }


def _dump(value: dict[str, Json]) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # orjson refuses lone surrogates: readers get U+FFFD, as a browser would send
        return orjson.dumps({key: _well_formed(item) for key, item in value.items()})


def _well_formed(value: Json) -> Json:
    return _utf8(value).decode() if isinstance(value, str) else value


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _cut_or_none(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST_TEXT else _cut(text)
