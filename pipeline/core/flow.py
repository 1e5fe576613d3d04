"""The way of one event through the pure stages, on one screen: decode, trigger, map, validate."""

from typing import Final

from pipeline.core.decode import decode
from pipeline.core.event import Event, Json
from pipeline.core.integrations import why_blocked
from pipeline.core.mapping import MAX_TEXT, MappingError, size_of
from pipeline.core.outcome import (
    NO_SUMMARY,
    Decided,
    Decision,
    Deliverable,
    EventSummary,
    Filtered,
    Reason,
    Rejected,
    Stage,
)
from pipeline.core.plan import CompiledMapping, Plan
from pipeline.core.published_text import utf8
from pipeline.core.record import Record
from pipeline.core.request import Unencodable, build_body, encode_body, has_visitor_code
from pipeline.core.validate import Invalid, rejection_reason

NO_MAPPING_MATCHED: Final = Filtered(
    Reason.NO_MAPPING_MATCHED, "no enabled mapping's trigger takes this event"
)

_TOO_LARGE: Final = f"makes more than {MAX_TEXT} characters of one event"

LONGEST_SUMMARY_TEXT: Final = 256
"""Characters kept of each text in a summary."""

_IDENTITIES: Final = (("v:", "kameleoonVisitorCode"), ("u:", "userId"), ("a:", "anonymousId"))
_NAME_FIELDS: Final = {"track": "event", "page": "name", "screen": "name"}


def decide(plan: Plan, record: Record) -> Decided:
    """What becomes of one record under every mapping. Never raises, whatever its bytes."""
    event = decode(record.value, plan.framing)
    if isinstance(event, Rejected):
        return Decided(NO_SUMMARY, (event,))
    blocked = why_blocked(event)
    if blocked is not None:
        return Decided(summarize(event), (Filtered(Reason.INTEGRATIONS_BLOCKED, blocked),))
    size = len(record.value or b"")
    parts = [
        decide_part(mapping, event, size)
        for mapping in plan.candidates(event)
        if mapping.trigger.matches(event)
    ]
    return Decided(summarize(event), tuple(parts) or (NO_MAPPING_MATCHED,))


def decide_part(mapping: CompiledMapping, event: Event, size: int) -> Decision:
    """Map, validate and write one request. What fails here leaves the other mappings alone.

    `size` is the event's in bytes: a payload may be `MAX_TEXT` characters larger.
    """
    try:
        payload = mapping.resolve(event)
        checked = mapping.action.validator.validate(payload)
        if isinstance(checked, Invalid):
            return _rejected(mapping, Stage.VALIDATE, rejection_reason(checked), checked.message)
        if size * mapping.copies > MAX_TEXT and size_of(checked.payload, MAX_TEXT + size) > MAX_TEXT + size:
            return _rejected(mapping, Stage.MAP, Reason.MAPPING_FAILED, _TOO_LARGE)
        body = encode_body(build_body(checked.payload))
    except MappingError as error:
        return _rejected(mapping, Stage.MAP, Reason.MAPPING_FAILED, str(error))
    except RecursionError:
        return _rejected(mapping, Stage.MAP, Reason.TOO_DEEP, "what the mapping makes is nested too deep")
    if isinstance(body, Unencodable):
        return _rejected(mapping, Stage.VALIDATE, Reason.TOO_DEEP, body.detail)
    if mapping.max_body_bytes is not None and len(body) > mapping.max_body_bytes:
        detail = f"the request would have {len(body)} bytes, and {mapping.max_body_bytes} are allowed"
        return _rejected(mapping, Stage.VALIDATE, Reason.REQUEST_TOO_LARGE, detail)
    return Deliverable(
        mapping.name,
        mapping.action.key,
        body,
        identities(checked.payload),
        has_visitor_code(checked.payload),
        checked.payload.get("event"),
    )


def _rejected(mapping: CompiledMapping, stage: Stage, reason: Reason, detail: str) -> Rejected:
    return Rejected(stage, reason, detail, mapping.name, mapping.action.key)


def identities(payload: dict[str, Json]) -> tuple[str, ...]:
    """Whom a valid payload names, each with its kind: one visitor's events keep one order."""
    return tuple([kind + payload[key] for kind, key in _IDENTITIES if payload.get(key)])


def summarize(event: Event) -> EventSummary:
    """What the audit tells of an event: texts only, cut, and safe to write as UTF-8."""
    return EventSummary(
        _text(event.get("messageId")),
        event["type"],
        _text(event.get(_NAME_FIELDS.get(event["type"], ""))),
        _text(event.get("timestamp")),
    )


def _text(value: Json) -> str | None:
    if not isinstance(value, str):
        return None
    return value if value.isascii() and len(value) <= LONGEST_SUMMARY_TEXT else _cut(value)


def _cut(text: str) -> str:
    return utf8(text[:LONGEST_SUMMARY_TEXT]).decode()
