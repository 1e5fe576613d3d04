"""Action logEvent: a conversion or any other thing that a visitor did."""

from typing import Final

from pipeline.core.actions.action import define_action
from pipeline.core.actions.fields import (
    ANONYMOUS_ID,
    MESSAGE_ID,
    TIMESTAMP,
    TYPE,
    USER_ID,
    first_of,
    from_path,
    visitor_code,
)
from pipeline.core.validate import Field, FieldType

LOG_EVENT: Final = define_action(
    "logEvent",
    "Log Event",
    (
        ANONYMOUS_ID,
        USER_ID,
        Field("event", "Event Name", default=first_of("$.event", otherwise="$.name")),
        TYPE,
        Field(
            "properties",
            "Event properties or user traits",
            FieldType.OBJECT,
            default=first_of("$.properties", otherwise="$.traits"),
        ),
        visitor_code(
            first_of("$.properties.kameleoonVisitorCode", otherwise="$.traits.kameleoonVisitorCode"),
        ),
        TIMESTAMP,
        Field("context", "Context properties", FieldType.OBJECT, default=from_path("$.context")),
        MESSAGE_ID,
    ),
)
