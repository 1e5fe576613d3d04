"""What the sandbox finds wrong with a request: what is publicly known of the real endpoint, no more."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn
from urllib.parse import unquote

from pipeline.core.credentials import SITECODE_LENGTH, CredentialProblem, authentication_query
from pipeline.core.event import Event, Json

_TEXT_FIELDS: Final = frozenset(
    {"anonymousId", "userId", "event", "type", "timestamp", "messageId", "name", "groupId"}
)
_OBJECT_FIELDS: Final = frozenset({"properties", "context"})
_REQUIRED: Final = ("type", "timestamp", "properties")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What requests must bring; without a key or a sitecode any well-formed one will do.

    Without `fields`, any JSON object passes for an event.
    """

    api_key: str | None = None
    sitecode: str | None = None
    arrays: bool = False
    fields: bool = True


@dataclass(frozen=True, slots=True)
class Complaint:
    """A request that is refused, with the status and a sentence."""

    status: int
    error: str


def check_headers(headers: Mapping[str, str], expected: Expectation) -> Complaint | None:
    """The headers of an event request (reference: 6.3)."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme != "Basic" or not key.strip():
        return Complaint(401, "authorization must be Basic and the API key")
    if expected.api_key is not None and key != expected.api_key:
        return Complaint(401, "authorization holds another API key")
    sitecode = headers.get("x-segment-settings", "")
    if len(sitecode) != SITECODE_LENGTH:
        return Complaint(403, f"x-segment-settings must be a sitecode of {SITECODE_LENGTH} characters")
    if expected.sitecode is not None and sitecode != expected.sitecode:
        return Complaint(403, "x-segment-settings holds another sitecode")
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        return Complaint(415, "content-type must be application/json")
    return None


def read_events(body: bytes, expected: Expectation) -> list[Event] | Complaint:
    """The events of a body: an object, or an array of them where arrays are expected."""
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return Complaint(400, "the body is not JSON")
    if isinstance(value, list):
        if not expected.arrays:
            return Complaint(400, "the body is an array; one event a request is expected")
        events = value
    else:
        events = [value]
    check = _error if expected.fields else _kind_error
    complaint = next((error for error in map(check, events) if error), None)
    return Complaint(400, complaint) if complaint else events


def check_probe(query: str, expected: Expectation) -> Complaint | None:
    """The query of a credentials check as it came (reference: 6.2): the entries of the decoded key."""
    if "=" not in query:
        return Complaint(401, "the query holds no credentials")
    if expected.api_key is None:
        return None
    right = authentication_query(expected.api_key)
    if isinstance(right, CredentialProblem) or unquote(query) != unquote(right):
        return Complaint(401, "the query holds other credentials")
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _kind_error(event: Json) -> str | None:
    return None if isinstance(event, dict) else "an event must be an object"


def _error(event: Json) -> str | None:
    if kind_error := _kind_error(event):
        return kind_error
    missing = next((name for name in _required(event) if name not in event), None)
    if missing:
        return f"{missing} is missing"
    for name, value in event.items():
        if name not in _TEXT_FIELDS | _OBJECT_FIELDS:
            return f"{name} is not a known field"
        if not isinstance(value, str if name in _TEXT_FIELDS else dict):
            return f"{name} must be {'text' if name in _TEXT_FIELDS else 'an object'}"
    code = event["properties"].get("kameleoonVisitorCode", "")
    return None if isinstance(code, str) else "properties.kameleoonVisitorCode must be text"


def _required(event: Event) -> tuple[str, ...]:
    match event.get("type"):
        case "page":
            return _REQUIRED
        case "group":
            return (*_REQUIRED, "messageId", "groupId")
        case _:
            return (*_REQUIRED, "messageId")
