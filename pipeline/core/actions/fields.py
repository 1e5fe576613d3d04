"""The fields that the actions share, and the directives of their defaults (reference: 6.4)."""

from typing import Any, Final

from pipeline.core.validate import Field

VISITOR_CODE: Final = "kameleoonVisitorCode"


def from_path(path: str) -> dict[str, Any]:
    """The directive that takes a value of the event."""
    return {"@path": path}


def first_of(path: str, otherwise: str) -> dict[str, Any]:
    """The directive that takes one value if it exists and is not null, else another."""
    return {"@if": {"exists": from_path(path), "then": from_path(path), "else": from_path(otherwise)}}


def visitor_code(default: dict[str, Any]) -> Field:
    """The field of the visitor code, whose source differs by action."""
    return Field(VISITOR_CODE, "Kameleoon Visitor Code", default=default)


ANONYMOUS_ID: Final = Field("anonymousId", "Anonymous ID", default=from_path("$.anonymousId"))
USER_ID: Final = Field("userId", "User ID", default=from_path("$.userId"))
TYPE: Final = Field("type", "Type", required=True, default=from_path("$.type"))
TIMESTAMP: Final = Field(
    "timestamp", "Timestamp", required=True, format="date-time", default=from_path("$.timestamp")
)
MESSAGE_ID: Final = Field("messageId", "MessageId", required=True, default=from_path("$.messageId"))
