"""How one event ends at the reference, read from a vector, in words that we can be compared in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.core.javascript import is_index
from tests.support.reference_vectors import Vector

RETRIED = frozenset({408, 423, 429})
NOT_IMPLEMENTED = 501
SERVER_ERRORS = 500


@dataclass(frozen=True, slots=True)
class Request:
    """What a request must agree in. `body` is comparable JSON, None where none was recorded."""

    method: str
    url: str
    authorization: str | None
    sitecode: str | None
    body: Any


@dataclass(frozen=True, slots=True)
class Ends:
    """The requests of an event, and how it ended under each mapping.

    An end is a few words: `accepted`, `retried`, `permanent`, `held`, `filtered`,
    `rejected: …`, `refused at load`, or what the reference alone can do.
    """

    requests: tuple[Request, ...]
    ends: tuple[str, ...]


SETTINGS_REFUSED = Ends((), ("settings refused",))


def reference_ends(vector: Vector) -> Ends:
    """What the reference did with the event of a vector."""
    output = vector.output
    if _are_settings_at_fault(output["combined"]):
        return SETTINGS_REFUSED
    ran = output["per_subscription"]
    if vector.input.get("settings", {}).get("subscription"):
        ran = ran[:1]  # the settings' own one ran instead of each of the four presets
    ends = tuple(_end(vector.input, recorded) for recorded in ran)
    return Ends(tuple(request(recorded) for recorded in output["requests"]), ends)


def request(recorded: dict[str, Any]) -> Request:
    """A recorded request; one that failed in the network has neither path nor headers."""
    headers = recorded.get("headers", {})
    raw = recorded.get("raw")
    return Request(
        recorded["method"],
        recorded["url"],
        headers.get("authorization"),
        headers.get("x-segment-settings"),
        comparable(json.loads(raw)) if raw else None,
    )


def comparable(value: Any) -> Any:
    """JSON compared numerically, true not being 1; the order of keys counts but for array indices."""
    if isinstance(value, dict):
        named = [key for key in value if not is_index(key)]
        keys = named + sorted(set(value) - set(named))
        return ("object", *((key, comparable(value[key])) for key in keys))
    if isinstance(value, list):
        return ("array", *map(comparable, value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return (type(value).__name__, value)


def _are_settings_at_fault(combined: dict[str, Any]) -> bool:
    error = combined.get("error", {})
    if "legal HTTP header value" in error.get("message", ""):
        return True
    return any(named in json.dumps(error) for named in ("'apiKey'", "'sitecode'", "/apiKey", "/sitecode"))


def _end(given: dict[str, Any], recorded: dict[str, Any]) -> str:
    if given["event"] is None:
        return "rejected: decode"
    if not recorded["ok"]:
        return _failure(recorded["error"])
    said = [result["output"] for result in recorded["results"]]
    match said:
        case ["not subscribed"]:
            return "filtered"
        case ["Mappings resolved", "Payload validated", "Action Executed"]:
            return "accepted"
        case _:
            return f"silently nothing: {said}"


def _failure(error: dict[str, Any]) -> str:
    match error["name"]:
        case "AggregateAjvError":
            return f"rejected: {error['message']}"
        case "Error" | "AggregateError" | "ValidationError":
            return "rejected: map"
        case "FetchError":
            return "retried"
        case "HTTPError":
            return _classified(error["response"]["status"])
        case name:
            return f"fails: {name} {error['message']}"


def _classified(status: int) -> str:
    """The classification that the reference documents for its delivery layer (reference: 5.4)."""
    is_retried = status in RETRIED or (status >= SERVER_ERRORS and status != NOT_IMPLEMENTED)
    return "retried" if is_retried else "permanent"


def differences(ours: Ends, theirs: Ends) -> Iterator[str]:
    """In what two ends of an event differ, one text each."""
    if ours.ends != theirs.ends:
        yield f"ours {ours.ends}, the reference {theirs.ends}"
    if len(ours.requests) != len(theirs.requests):
        yield f"ours {len(ours.requests)} requests, the reference {len(theirs.requests)}"
        return
    for one, other in zip(ours.requests, theirs.requests, strict=True):
        if other.body is None:
            if one.method != other.method:
                yield f"ours {one.method}, the reference {other.method}"
        elif one != other:
            yield f"ours {one}, the reference {other}"
