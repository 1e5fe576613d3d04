"""Events for the pipeline, as letters to produce."""

import json
from typing import Any

from tests.support.worker.topic import Letter


def track(number: int, visitor: str = "", **fields: Any) -> dict[str, Any]:
    """A track event with a message id of its own; without a visitor it has one of its own as well."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"m-{number}",
        "anonymousId": visitor or f"a-{number}",
        "timestamp": "2026-01-02T03:04:05.678Z",
        "properties": {},
        **fields,
    }


def letter(event: dict[str, Any], partition: int | None = None) -> Letter:
    """The event as a record keyed by its visitor."""
    key = event.get("anonymousId", "").encode() or None
    return Letter(json.dumps(event).encode(), key, partition)


def tracks(
    count: int, *, partitions: int = 4, visitors: int | None = None, first: int = 0, **story: Any
) -> list[Letter]:
    """Track events of some visitors (default: each of its own), spread over the partitions.

    A `story` is told to the sandbox by each of them.
    """
    properties = {"sandbox": story} if story else {}
    letters = []
    for number in range(first, first + count):
        visitor = number % visitors if visitors else number
        event = track(number, f"a-{visitor}", properties=properties)
        letters.append(letter(event, visitor % partitions))
    return letters
