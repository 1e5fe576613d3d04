"""A sighting as one line of JSON, its values masked unless they are asked for."""

from typing import Final

import orjson

from pipeline.core.event import Json
from pipeline.core.javascript_json import json_text
from pipeline.core.plan import Plan
from pipeline.core.published_text import cut, utf8
from pipeline.core.tap.contents import LARGEST_READ_BYTES, contents
from pipeline.core.tap.shape import shape
from pipeline.core.tap.sighting import Sighting
from pipeline.core.utc import utc_text

NOT_SHOWN: Final = "not_shown"
"""The only member of a line that tells how many events were not shown."""

LONGEST_CONTENTS_BYTES: Final = 256 * 1024


def line(sighting: Sighting, plan: Plan, at_ms: int, *, with_values: bool) -> bytes:
    """The sighting for whoever taps, without the line's end."""
    told = _dump(_told(sighting, at_ms))
    held = contents(sighting, plan)
    if held is None:
        return told
    return told[:-1] + b',"contents":' + _written(held, with_values=with_values) + b"}"


def not_shown_line(count: int) -> bytes:
    """How many events were asked for and not shown since this was told last."""
    return orjson.dumps({NOT_SHOWN: count})


def _told(sighting: Sighting, at_ms: int) -> dict[str, Json]:
    """What is shown as it is: what the audit topic would show as well."""
    record, summary, end = sighting.record, sighting.summary, sighting.end
    told: dict[str, Json] = {
        "at": utc_text(at_ms),
        "stage": sighting.stage,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "message_id": summary.message_id,
        "type": summary.type,
        "event_name": summary.event_name,
        "mapping": sighting.mapping,
        "outcome": None if end is None else end.outcome,
        "reason": None if end is None else end.reason,
        "detail": cut(sighting.note if end is None else end.detail),
        "status": sighting.status,
        "attempt": sighting.attempt,
        "events_in_request": sighting.events,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _written(held: Json, *, with_values: bool) -> bytes:
    written = _dump(_readable(held) if with_values else shape(held))
    if len(written) > LONGEST_CONTENTS_BYTES:
        return orjson.dumps(f"{len(written)} bytes, too many to be shown")
    return written


def _readable(held: Json) -> Json:
    """The same with bytes as text; they stand at the top or in objects, never in lists."""
    if isinstance(held, dict):
        return {name: _readable(value) for name, value in held.items()}
    return _text(held) if isinstance(held, bytes) else held


def _text(value: bytes) -> str:
    if len(value) > LARGEST_READ_BYTES:
        return f"{len(value)} bytes, too many to be shown"
    return value.decode(errors="replace")


def _dump(value: Json) -> bytes:
    """As quickly as can be; lone surrogates and large integers take a little longer."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return utf8(str(json_text(value)))
