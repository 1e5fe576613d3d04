"""The request that Kameleoon is to receive: body, bytes on the wire, headers (reference: 6.3, 6.5)."""

import re
from dataclasses import dataclass
from typing import Final

import orjson

from pipeline.core.actions.fields import VISITOR_CODE
from pipeline.core.event import Json
from pipeline.core.javascript_json import json_text

MAX_LEVELS: Final = 254
"""Levels of objects and lists that a body may have: what orjson writes, and so do we."""

_ILLEGAL_IN_HEADER: Final = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Unencodable:
    """A body that is not written as JSON. `detail` says why and holds no values."""

    detail: str


def build_body(payload: dict[str, Json]) -> dict[str, Json]:
    """The body for a valid payload, which is not altered (reference: 6.5).

    The visitor code moves into `properties`, which is always there: in its place, or last.
    Without a visitor code in the payload, one that stands in the properties is erased.
    """
    body = payload.copy()
    properties = payload.get("properties") or {}
    if VISITOR_CODE in body:
        properties = {**properties, VISITOR_CODE: body.pop(VISITOR_CODE)}
    elif VISITOR_CODE in properties:
        properties = {key: value for key, value in properties.items() if key != VISITOR_CODE}
    body["properties"] = properties
    return body


def has_visitor_code(payload: dict[str, Json]) -> bool:
    """Whether the body will hold a visitor code that is not empty."""
    return bool(payload.get(VISITOR_CODE))


def encode_body(body: dict[str, Json]) -> bytes | Unencodable:
    """The body as JSON in UTF-8, without spaces.

    Integers keep all their digits, infinities and NaN become null, a lone surrogate is
    escaped. Raises nothing; a body of more than `MAX_LEVELS` is Unencodable.
    """
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:
        return _encode_exactly(body)


def _encode_exactly(body: dict[str, Json]) -> bytes | Unencodable:
    """What orjson refuses: integers beyond 64 bits, lone surrogates, missing values in lists."""
    if _has_more_levels(body, MAX_LEVELS):
        return Unencodable(f"the body has more than {MAX_LEVELS} levels of objects and lists")
    return str(json_text(body)).encode()


def _has_more_levels(value: Json, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [inner for outer in level for inner in _inner_containers(outer)]
        if not level:
            return False
    return True


def _inner_containers(container: Json) -> list[Json]:
    members = container.values() if isinstance(container, dict) else container
    return [member for member in members if isinstance(member, (dict, list))]


def request_headers(api_key: str, sitecode: str, user_agent: str) -> dict[str, str]:
    """The headers of every event request; the API key goes out as it was given."""
    return {
        "user-agent": user_agent,
        "authorization": f"Basic {api_key}",
        "x-segment-settings": sitecode,
        "content-type": "application/json",
    }


def is_legal_header_value(value: str) -> bool:
    """Whether a value may stand in a header: tab, printable ASCII, U+0080 to U+00FF (reference: 5.1)."""
    return _ILLEGAL_IN_HEADER.search(value) is None
