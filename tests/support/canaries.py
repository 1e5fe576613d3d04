"""Secrets and contents of events that may come out nowhere, and events of every kind that hold them."""

import base64
import time

from tests.support.configuration import API_KEY
from tests.support.worker.events import letter, track
from tests.support.worker.topic import Letter

CANARY = "canary"
"""In every text that must not come out; it is a part of the API key as well."""

FORMS = (CANARY, API_KEY, base64.b64encode(b"canary").decode().rstrip("="), b"canary".hex())
MAPPINGS = [
    {"preset": "track-calls"},
    {"preset": "identify-calls"},
    {
        "name": "Labels",
        "trigger": "properties.label != null",
        "action": "logEvent",
        "fields": {"event": {"@template": {"@path": "$.properties.label"}}},
    },
]
HEADERS = (("trace-canary", b"canary"), ("empty", None))


def _event(number: int, **fields: object) -> dict[str, object]:
    """An event whose message id, type, name and timestamp are all that may be told of it."""
    contents = {
        "anonymousId": f"canary-{number}",
        "userId": f"canary-{number}",
        "properties": {"canary-key": "canary-value", "deep": [{"canary": ["canary"]}]},
        "traits": {"email": "canary@example.com"},
        "context": {"ip": "canary", "traits": {"name": "canary"}},
    }
    return track(number) | contents | fields


def planted(number: int, partition: int = 0, **fields: object) -> Letter:
    """An event in whose every corner a canary stands, the record's key and headers included."""
    made = letter(_event(number, **fields), partition)
    return Letter(made.value, made.key, partition, HEADERS)


def _told(number: int, **story: object) -> Letter:
    return planted(number, properties={"canary": "canary", "sandbox": story})


def _raw(value: bytes) -> Letter:
    return Letter(value, b"canary", 1, HEADERS)


def _old(number: int) -> Letter:
    made = planted(number)
    return Letter(made.value, made.key, 0, HEADERS, int(time.time() * 1000) - 2 * 3_600_000)


LETTERS = [
    planted(1),
    planted(2, type="identify"),
    planted(3, integrations={"All": False, "canary": "canary"}),
    planted(4, timestamp="not a date"),
    planted(5, properties={"label": {"canary": "canary"}}),
    planted(6, properties=["canary"]),
    planted(7, userId={"canary": "canary"}, anonymousId="canary"),
    planted(8, type="group"),
    _told(9, status="400"),
    _told(10, status="500"),
    _told(11, status="503, 200"),
    _told(12, status="200", fault="reset, none"),
    _old(13),
    _raw(b'{"type":"track","canary":"canary'),
    _raw(b'{"type":"canary","canary":1}'),
    _raw(b'["canary"]'),
    _raw(b'{"canary":"\xff"}'),
    _raw(b'{"type":"track","canary":NaN}'),
    _raw(b'{"type":"track","canary":' + b"[" * 300 + b'"canary"' + b"]" * 300 + b"}"),
    _raw(b'{"type":"track","canary":' + b"9" * 4400 + b"}"),
    _raw(b"\x00\x00\x00\x00\x01canary"),
    Letter(None, b"canary", 1, HEADERS),
]
REASONS = {
    "accepted",
    "no_mapping_matched",
    "integrations_blocked",
    "invalid_payload",
    "mapping_failed",
    "refused",
    "retries_exhausted",
    "expired",
    "invalid_json",
    "unknown_type",
    "not_an_object",
    "invalid_utf8",
    "too_deep",
    "number_too_long",
    "schema_registry_framing",
    "null_record",
}


def hits(text: str) -> list[str]:
    """Where a planted text came out."""
    places = [(form, text.find(form)) for form in FORMS]
    return [text[max(0, place - 80) : place + 80] for _, place in places if place >= 0]
