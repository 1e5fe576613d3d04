"""Action group: the account, company or other group that a visitor belongs to."""

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

GROUP: Final = define_action(
    "group",
    "Group Event",
    (
        ANONYMOUS_ID,
        USER_ID,
        TYPE,
        Field("groupId", "Group ID", required=True, default=from_path("$.groupId")),
        Field("properties", "User Traits", FieldType.OBJECT, default=from_path("$.traits")),
        visitor_code(from_path("$.traits.kameleoonVisitorCode")),
        TIMESTAMP,
        MESSAGE_ID,
    ),
)
