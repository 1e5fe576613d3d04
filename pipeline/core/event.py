"""What a Segment event is to us: a JSON object with a known `type`."""

from typing import Any, Final

Json = Any
"""A decoded JSON value: None, bool, int, float, str, list or dict."""

Event = dict[str, Json]
"""A decoded event as its sender wrote it. No stage alters it."""

EVENT_TYPES: Final = frozenset({"track", "page", "identify", "group", "alias", "screen", "delete"})
