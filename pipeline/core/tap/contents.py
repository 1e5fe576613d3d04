"""What an event holds at a stage, read again from its bytes, since that is done only of what is shown."""

from typing import Final, assert_never

from pipeline.core.decode import decode
from pipeline.core.event import Json
from pipeline.core.javascript_json import TooDeepError, parse_json
from pipeline.core.mapping import MappingError
from pipeline.core.outcome import Rejected, Stage
from pipeline.core.plan import Plan
from pipeline.core.record import Record
from pipeline.core.tap.sighting import Sighting

LARGEST_READ_BYTES: Final = 64 * 1024
"""Larger records and requests are not read: the others would wait meanwhile."""


def contents(sighting: Sighting, plan: Plan) -> Json:
    """The record, event, payload or request, whichever the stage has; bytes where it cannot be read.

    None where the stage has nothing but the outcome, or the event ended at it.
    """
    record = sighting.record
    match sighting.stage:
        case Stage.SOURCE:
            return {"key": record.key, "headers": dict(record.headers), "value": record.value}
        case Stage.DECODE | Stage.TRIGGER:
            return _event(record, plan)
        case Stage.MAP:
            return _payload(sighting, plan)
        case Stage.VALIDATE | Stage.BATCH | Stage.DELIVER:
            return None if sighting.body is None else _request(sighting.body)
        case Stage.AUDIT:
            return None
        case _:
            assert_never(sighting.stage)


def _event(record: Record, plan: Plan) -> Json:
    if record.value is None or len(record.value) > LARGEST_READ_BYTES:
        return record.value
    event = decode(record.value, plan.framing)
    return record.value if isinstance(event, Rejected) else event


def _payload(sighting: Sighting, plan: Plan) -> Json:
    """What the mapping makes, before it is validated. Where that fails, the event it was to be made of."""
    event = _event(sighting.record, plan)
    mapping = None if sighting.mapping is None else plan.enabled(sighting.mapping)
    if mapping is None or not isinstance(event, dict):
        return event
    try:
        return mapping.resolve(event)
    except (MappingError, RecursionError):
        return event


def _request(body: bytes) -> Json:
    if len(body) > LARGEST_READ_BYTES:
        return body
    try:
        return parse_json(body.decode())
    except (ValueError, TooDeepError):
        return body
