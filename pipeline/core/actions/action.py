"""What an action is: fields in order, their default mapping, their validator."""

from dataclasses import dataclass
from typing import Any

from pipeline.core.javascript import UNDEFINED
from pipeline.core.validate import Fields, Validator, compile_fields


@dataclass(frozen=True, slots=True)
class Action:
    """One kind of request to Kameleoon.

    `default_mapping` holds the template of each field that has a default, as plain JSON
    directives, in the order of the fields: it is the order of the keys in the body.
    """

    key: str
    title: str
    fields: Fields
    default_mapping: dict[str, Any]
    validator: Validator


def define_action(key: str, title: str, fields: Fields) -> Action:
    """An action with its default mapping and validator made from its fields."""
    defaults = {field.key: field.default for field in fields if field.default is not UNDEFINED}
    return Action(key, title, fields, defaults, compile_fields(fields))
