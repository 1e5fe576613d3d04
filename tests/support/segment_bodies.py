"""Request bodies as the sandbox expects them."""

import json
from typing import Any


def body(message_id: str = "m-1", **story: Any) -> bytes:
    """A track event's request body that tells a story to the sandbox."""
    properties = {"sandbox": story} if story else {}
    return json.dumps(event(message_id, properties=properties)).encode()


def event(message_id: str = "m-1", **fields: Any) -> dict[str, Any]:
    """A track event as it goes to Kameleoon."""
    return {
        "anonymousId": "anon-1",
        "event": "Order Completed",
        "type": "track",
        "properties": {},
        "timestamp": "2026-01-02T03:04:05.678Z",
        "messageId": message_id,
        **fields,
    }
