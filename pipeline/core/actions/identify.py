"""Action identify: who a visitor is, and the audiences that the visitor is in."""

from typing import Final

from pipeline.core.actions.action import define_action
from pipeline.core.actions.fields import (
    ANONYMOUS_ID,
    MESSAGE_ID,
    TIMESTAMP,
    TYPE,
    USER_ID,
    from_path,
    visitor_code,
)
from pipeline.core.validate import Field, FieldType

IDENTIFY: Final = define_action(
    "identify",
    "Identify Event",
    (
        ANONYMOUS_ID,
        USER_ID,
        TYPE,
        Field("properties", "User Traits", FieldType.OBJECT, default=from_path("$.traits")),
        visitor_code(from_path("$.traits.kameleoonVisitorCode")),
        TIMESTAMP,
        MESSAGE_ID,
    ),
)
