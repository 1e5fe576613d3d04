"""Action page: a page that a visitor saw. The only action that needs no messageId."""

from dataclasses import replace
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

PAGE: Final = define_action(
    "page",
    "Page Event",
    (
        ANONYMOUS_ID,
        USER_ID,
        TYPE,
        Field("properties", "Properties", FieldType.OBJECT, default=from_path("$.properties")),
        visitor_code(from_path("$.properties.kameleoonVisitorCode")),
        Field("name", "Page Name", default=from_path("$.name")),
        Field("context", "Context properties", FieldType.OBJECT, default=from_path("$.context")),
        TIMESTAMP,
        replace(MESSAGE_ID, required=False),
    ),
)
