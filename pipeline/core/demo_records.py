"""The records that the demo makes up: events that meet faults, and values that are no events.

The stand-in for Kameleoon reads each event's fate from its `properties.sandbox`.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from typing import Final

from pipeline.core.event import Json

_EVERY: Final = 25
"""One made-up record after so many captured ones."""


def _event(number: int, name: str, fate: dict[str, Json]) -> bytes:
    return json.dumps(
        {
            "type": "track",
            "event": name,
            "messageId": f"demo-{number}",
            "anonymousId": f"demo-visitor-{number}",
            "timestamp": "2026-01-02T03:04:05.678Z",
            "properties": {"kameleoonVisitorCode": f"demovisitor{number:05}", "sandbox": fate},
        }
    ).encode()


FATED: Final[tuple[bytes, ...]] = (
    _event(1, "Throttled once", {"status": "429,200", "retry_after": 1}),
    _event(2, "Throttled too", {"status": "429,200", "retry_after": 1}),
    _event(3, "Server error twice", {"status": "500,500,200"}),
    _event(4, "Unavailable once", {"status": "503,200"}),
    _event(5, "Connection reset", {"fault": "reset,none"}),
    _event(6, "Refused", {"status": "400"}),
)
"""Events that are delivered after retries, and one that is refused for good."""

POISON: Final[tuple[bytes | None, ...]] = (
    b'{"type": "track", "event": "Cut in the mid',
    b"\xff\xfe{\x00}\x00",
    b'{"batch": [' + _event(7, "In a batch", {}) + b'], "sentAt": "2026-01-02T03:04:06.000Z"}',
    b"\x00\x00\x00\x00\x2a" + _event(8, "Framed", {}),
    b'["an", "array"]',
    b'{"type": "trakc", "event": "Misspelt", "messageId": "demo-9"}',
    None,
)
"""Values that are no events, the last a tombstone."""


def arrange(captured: Sequence[Sequence[bytes]], count: int | None) -> list[bytes | None]:
    """At most `count` captured events, all sources in turn, with the made-up records among them."""
    in_turn = [line for turn in zip_longest(*captured) for line in turn if line is not None]
    return list(_among(in_turn[:count], (*FATED, *POISON)))


def _among(captured: Sequence[bytes], made: Sequence[bytes | None]) -> Iterable[bytes | None]:
    chunks = [captured[start : start + _EVERY] for start in range(0, len(captured), _EVERY)]
    for chunk, one in zip(chunks, made, strict=False):
        yield one
        yield from chunk
    yield from made[len(chunks) :]
    yield from chain.from_iterable(chunks[len(made) :])
