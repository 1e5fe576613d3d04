"""Stage audit, read back: from the bytes of the audit topic to its entries."""

from typing import Final

import orjson

from pipeline.core.audit_record import (
    AssignmentMarker,
    AuditEntry,
    AuditRecord,
    HttpExchange,
    OutcomeKind,
    SourcePartition,
    SourcePosition,
)
from pipeline.core.event import Json
from pipeline.core.outcome import Stage
from pipeline.core.record import Position

_Kinds = dict[str, frozenset[type]]
_OUTCOMES: Final = frozenset(map(str, OutcomeKind))
_STAGES: Final = frozenset(map(str, Stage))
_TEXT: Final[frozenset[type]] = frozenset({str})
_TEXT_OR_NULL: Final[frozenset[type]] = frozenset({str, type(None)})
_INT: Final[frozenset[type]] = frozenset({int})
_INT_OR_NULL: Final[frozenset[type]] = frozenset({int, type(None)})
_PARTITION_KINDS: Final[_Kinds] = {"topic": _TEXT, "partition": _INT}
_POSITION_KINDS: Final[_Kinds] = {**_PARTITION_KINDS, "offset": _INT}
_SOURCE_KINDS: Final[_Kinds] = {**_POSITION_KINDS, "timestamp_ms": _INT}
_HTTP_KINDS: Final[_Kinds] = {
    "status": frozenset({int, type(None)}),
    "attempts": _INT,
    "latency_ms": frozenset({int, float}),
    "first_attempt_at": _TEXT,
    "last_attempt_at": _TEXT,
}
_STANDING_KINDS: Final[_Kinds] = {"pipeline": _TEXT, "pass": _INT, "epoch": _INT, "worker": _TEXT}
_MARKER_KINDS: Final[_Kinds] = {
    **_STANDING_KINDS,
    "source": frozenset({dict}),
    "position": _INT,
    "at": _TEXT,
}
_RECORD_KINDS: Final[_Kinds] = {
    **_STANDING_KINDS,
    **dict.fromkeys(("outcome", "reason", "stage", "detail", "plan", "decided_at"), _TEXT),
    **dict.fromkeys(
        ("message_id", "type", "event_name", "mapping", "action", "event_timestamp"), _TEXT_OR_NULL
    ),
    **dict.fromkeys(("part", "parts"), _INT),
    "source": frozenset({dict}),
    "http": frozenset({dict, type(None)}),
    "has_visitor_code": frozenset({bool, type(None)}),
    "possible_duplicate": frozenset({bool}),
    "replay_of": frozenset({dict, type(None)}),
}


def decode_audit(value: bytes | None) -> AuditEntry | None:
    """The entry in a value of the audit topic; None for a foreign or broken one.

    Fields that are not known here are ignored, and a reason may be any text: a newer worker's
    outcomes count as well.
    """
    try:
        fields = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(fields, dict):
        return None
    match fields.get("schema"):
        case "delivery-audit/1" if _fits(fields, _RECORD_KINDS):
            return _read_record(fields)
        case "assignment/1" if _fits(fields, _MARKER_KINDS) and _fits(fields["source"], _PARTITION_KINDS):
            source = SourcePartition(**_only(fields["source"], _PARTITION_KINDS))
            return AssignmentMarker(**_named(fields, _MARKER_KINDS) | {"source": source})
        case _:
            return None


def _fits(fields: dict[str, Json] | None, kinds: _Kinds) -> bool:
    """Whether every field is there and of its kind; what may be null fits when it is."""
    return fields is None or all(type(fields.get(name, ...)) in allowed for name, allowed in kinds.items())


def _only(fields: dict[str, Json], kinds: _Kinds) -> dict[str, Json]:
    return {name: fields[name] for name in kinds}


def _named(fields: dict[str, Json], kinds: _Kinds) -> dict[str, Json]:
    """The fields under the attributes' names: `pass` is a word of the language."""
    return {"pass_" if name == "pass" else name: fields[name] for name in kinds}


def _read_record(fields: dict[str, Json]) -> AuditRecord | None:
    source, http, origin = fields["source"], fields["http"], fields["replay_of"]
    if not (_fits(source, _SOURCE_KINDS) and _fits(http, _HTTP_KINDS) and _fits(origin, _POSITION_KINDS)):
        return None
    lost_through = fields.get("lost_through")
    if type(lost_through) not in _INT_OR_NULL:
        return None
    if fields["outcome"] not in _OUTCOMES or fields["stage"] not in _STAGES:
        return None
    typed = {
        "outcome": OutcomeKind(fields["outcome"]),
        "stage": Stage(fields["stage"]),
        "source": SourcePosition(**_only(source, _SOURCE_KINDS)),
        "http": None if http is None else HttpExchange(**_only(http, _HTTP_KINDS)),
        "lost_through": lost_through,
        "replay_of": None if origin is None else Position(**_only(origin, _POSITION_KINDS)),
    }
    return AuditRecord(**_named(fields, _RECORD_KINDS) | typed)
