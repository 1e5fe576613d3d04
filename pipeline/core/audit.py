"""Stage audit: the bytes that an outcome is published in. Readers and writers import from here.

What an entry holds stands in `core/audit_record.py`, reading back in `core/audit_decode.py`,
the headers of dead letters in `core/dead_letter.py`.
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
    SourcePartition,
    SourcePosition,
)
from pipeline.core.dead_letter import dead_letter_headers
from pipeline.core.event import Json
from pipeline.core.published_text import LONGEST, cut, utf8
from pipeline.core.record import Position
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

_FROM_SENDERS: Final = ("detail", "message_id", "type", "event_name", "event_timestamp")


def encode(entry: AuditEntry) -> bytes:
    """The entry as JSON in UTF-8. Texts of senders are cut at 1,024 characters; never raises."""
    if isinstance(entry, AssignmentMarker):
        return _dump(_marker_json(entry))
    told = _record_json(entry)
    written = _dump(told)
    return written if len(written) <= LONGEST else _dump(_shortened(told))


def audit_key(message_id: str | None) -> bytes | None:
    """The Kafka key of an audit record: the event's `messageId`."""
    if message_id is None:
        return None
    is_plain = len(message_id) <= LONGEST and message_id.isascii()
    return message_id.encode() if is_plain else utf8(cut(message_id))


def _record_json(record: AuditRecord) -> dict[str, Json]:
    source = record.source
    told: dict[str, Json] = {
        "schema": AUDIT_SCHEMA,
        "outcome": record.outcome,
        "reason": record.reason,
        "stage": record.stage,
        "detail": record.detail,
        "message_id": record.message_id,
        "type": record.type,
        "event_name": record.event_name,
        "mapping": record.mapping,
        "action": record.action,
        "part": record.part,
        "parts": record.parts,
        "pipeline": record.pipeline,
        "pass": record.pass_,
        "epoch": record.epoch,
        "plan": record.plan,
        "source": {
            "topic": source.topic,
            "partition": source.partition,
            "offset": source.offset,
            "timestamp_ms": source.timestamp_ms,
        },
        "event_timestamp": record.event_timestamp,
        "http": None if record.http is None else _http_json(record.http),
        "decided_at": record.decided_at,
        "worker": record.worker,
        "has_visitor_code": record.has_visitor_code,
        "possible_duplicate": record.possible_duplicate,
        "replay_of": record.replay_of,
    }
    if record.lost_through is not None:
        told["lost_through"] = record.lost_through
    return told


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
        "position": marker.position,
        "worker": marker.worker,
        "at": marker.at,
    }


def _shortened(told: dict[str, Json]) -> dict[str, Json]:
    """The same with texts of a bounded length; in a record of fewer bytes none is longer."""
    return told | {key: cut(told[key]) for key in _FROM_SENDERS if told[key] is not None}


def _dump(value: dict[str, Json]) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # orjson refuses lone surrogates: readers get U+FFFD, as a browser would send
        return orjson.dumps({key: _well_formed(item) for key, item in value.items()})


def _well_formed(value: Json) -> Json:
    return utf8(value).decode() if isinstance(value, str) else value
