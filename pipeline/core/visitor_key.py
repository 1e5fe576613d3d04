"""The Kafka key that keeps a visitor's events in one partition, and so in order."""

import json

import orjson

from pipeline.core.event import Json
from pipeline.core.javascript import is_number, number_text
from pipeline.core.published_text import utf8


def visitor_key(value: bytes) -> bytes | None:
    """The visitor that an event names: `kameleoonVisitorCode`, else `userId`, else `anonymousId`.

    None for what is no JSON object or names nobody. Never raises.
    """
    event = _object(value)
    if event is None:
        return None
    codes = (_field(event.get(place), "kameleoonVisitorCode") for place in ("properties", "traits"))
    found = (*codes, event.get("userId"), event.get("anonymousId"))
    return next((key for key in map(_key, found) if key), None)


def _object(value: bytes) -> dict[str, Json] | None:
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        found = _lenient(value)
    return found if isinstance(found, dict) else None


def _lenient(value: bytes) -> Json:
    """Lone surrogates are JSON to some SDKs and not to the quick parser."""
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _field(holder: Json, name: str) -> Json:
    return holder.get(name) if isinstance(holder, dict) else None


def _key(identity: Json) -> bytes | None:
    if isinstance(identity, str):
        return utf8(identity)
    return utf8(number_text(identity)) if is_number(identity) else None
