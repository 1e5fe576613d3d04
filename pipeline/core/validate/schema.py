"""Fields compiled to what the checks need, once (reference: 3.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import assert_never

from pipeline.core.event import Json
from pipeline.core.validate.fields import Field, Fields, FieldType, RequiredWhen
from pipeline.core.validate.formats import format_check

Properties = MappingProxyType[str, "Schema"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format by name, and whether a string has it."""

    name: str
    holds: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Schema:
    """What one value must be. `types` are JSON type names; a value needs one of them.

    `properties` None: an object is kept untouched. `items` None: so is a list.
    `choices` None: all values are allowed.
    """

    types: tuple[str, ...]
    title: str | None = None
    format: Format | None = None
    choices: tuple[Json, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    items: "Schema | None" = None
    properties: Properties | None = None
    keeps_additional: bool = False
    required: tuple[str, ...] = ()
    conditions: tuple[tuple[str, RequiredWhen], ...] = ()


def compile_root(fields: Fields) -> Schema:
    """The schema of a whole payload; keys outside the fields are removed from it."""
    return _object_schema(fields, title=None, types=("object",), keeps_additional=False)


def _object_schema(
    fields: Fields, *, title: str | None, types: tuple[str, ...], keeps_additional: bool
) -> Schema:
    return Schema(
        types=types,
        title=title,
        properties=MappingProxyType({field.key: _field_schema(field) for field in fields}),
        keeps_additional=keeps_additional,
        required=tuple(field.key for field in fields if field.required is True),
        conditions=tuple(
            (field.key, field.required) for field in fields if isinstance(field.required, RequiredWhen)
        ),
    )


def _field_schema(field: Field) -> Schema:
    if field.multiple:
        items = _value_schema(field, title=None, types=_json_types(field.type))
        return Schema(types=("array",), title=field.label, items=items)
    null = ("null",) if field.allow_null else ()
    return _value_schema(field, title=field.label, types=_json_types(field.type) + null)


def _value_schema(field: Field, *, title: str | None, types: tuple[str, ...]) -> Schema:
    if field.type is FieldType.OBJECT and field.properties is not None:
        return _object_schema(
            field.properties, title=title, types=types, keeps_additional=field.additional_properties
        )
    null = (None,) if "null" in types else ()
    return Schema(
        types=types,
        title=title,
        format=_format(field),
        choices=field.choices + null if field.choices else None,
        minimum=field.minimum or None,
        maximum=field.maximum or None,
    )


def _json_types(declared: FieldType) -> tuple[str, ...]:
    match declared:
        case FieldType.STRING | FieldType.TEXT | FieldType.PASSWORD:
            return ("string",)
        case FieldType.DATETIME:
            return ("string", "number")
        case FieldType.NUMBER | FieldType.INTEGER | FieldType.BOOLEAN | FieldType.OBJECT:
            return (declared.value,)
        case _:
            assert_never(declared)


def _format(field: Field) -> Format | None:
    name = "date-like" if field.type is FieldType.DATETIME else field.format
    return None if name is None else Format(name, format_check(name))
