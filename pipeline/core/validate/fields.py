"""What an action says of each field of its payload (reference: 3.1)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, Undefined

Default = Json | Undefined
"""A mapping template as plain JSON directives, or UNDEFINED for none."""


class FieldType(StrEnum):
    """The types that a field may be declared with."""

    STRING = "string"
    TEXT = "text"
    PASSWORD = "password"  # noqa: S105 (the name of a type, not a secret)
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    OBJECT = "object"
    DATETIME = "datetime"


class Operator(StrEnum):
    """How a condition compares another field."""

    IS = "is"
    IS_NOT = "is_not"


@dataclass(frozen=True, slots=True)
class Condition:
    """Another field of the same object is, or is not, a value; UNDEFINED stands for missing.

    Against a value, a missing field satisfies neither operator.
    """

    key: str
    operator: Operator
    value: Json | Undefined = UNDEFINED


@dataclass(frozen=True, slots=True)
class RequiredWhen:
    """Required only when all of the conditions hold, or any of them."""

    conditions: tuple[Condition, ...]
    is_any_enough: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its place in the payload, what it must be, and its default mapping.

    `minimum` and `maximum` limit a number, or the length of a string in characters; 0 is
    no limit. `choices` are the only values allowed; empty allows all. An object without
    `properties` is kept untouched, whatever is in it.
    """

    key: str
    label: str
    type: FieldType = FieldType.STRING
    required: bool | RequiredWhen = False
    format: str | None = None
    default: Default = UNDEFINED
    choices: tuple[Json, ...] = ()
    allow_null: bool = False
    multiple: bool = False
    minimum: float | None = None
    maximum: float | None = None
    properties: "Fields | None" = None
    additional_properties: bool = False


Fields = tuple[Field, ...]

DYNAMIC_AUTH_SETTINGS: Final = "dynamicAuthSettings"
"""The one key outside the fields that survives validation (reference: 6.5)."""
