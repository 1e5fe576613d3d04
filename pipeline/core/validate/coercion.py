"""A value made to fit its type where that loses nothing in meaning (reference: 3.3)."""

from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, Undefined, is_number, number, text

Value = Json | Undefined

_SCALARS: Final = (str, bool, int, float)
_INFINITY: Final = float("inf")


def coerced(value: Value, types: tuple[str, ...]) -> tuple[Value, bool]:
    """The value as one of the types, and whether it could be made one.

    A list of exactly one element stands for that element. For a single type the element
    may already fit; for several it must be coerced, as the reference has it. On failure
    the value is the element.
    """
    if any(has_type(value, name) for name in types):
        return value, True
    if types == ("object",):
        return value, False
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
        if len(types) == 1 and has_type(value, types[0]):
            return value, True
    for name in types:
        result = _as_type(value, name)
        if result is not UNDEFINED:
            return result, True
    return value, False


def has_type(value: Value, name: str) -> bool:
    """Whether a value is of a JSON type; infinities and NaN are no numbers."""
    match name:
        case "string":
            return isinstance(value, str)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "integer":
            return _is_finite(value) and _is_whole(value)
        case _:
            return _is_finite(value)


def type_of(value: Value) -> str:
    """What a value is, in the words of the error texts."""
    if isinstance(value, Undefined):
        return "undefined"
    for name in ("null", "boolean", "string", "array", "object"):
        if has_type(value, name):
            return name
    return "number"


def _as_type(value: Value, name: str) -> Value:
    match name:
        case "string":
            return _as_string(value)
        case "number" | "integer":
            return _as_number(value, is_whole=name == "integer")
        case "boolean":
            return _as_boolean(value)
        case "null":
            return None if value == "" or _is_zero(value) or value is False else UNDEFINED
        case "array":
            return [value] if value is None or isinstance(value, _SCALARS) else UNDEFINED
        case _:
            return UNDEFINED


def _as_string(value: Value) -> Value:
    if value is None:
        return ""
    return text(value) if isinstance(value, (bool, int, float)) else UNDEFINED


def _as_number(value: Value, *, is_whole: bool) -> Value:
    if value is None or isinstance(value, bool):
        return int(value or 0)
    if not isinstance(value, str) or not value:
        return UNDEFINED
    result = number(value)
    is_nan = result != result  # noqa: PLR0124 (NaN differs from itself)
    return UNDEFINED if is_nan or (is_whole and not _is_whole(result)) else result


def _as_boolean(value: Value) -> Value:
    if value is None or value == "false" or _is_zero(value):
        return False
    return True if value == "true" or (is_number(value) and value == 1) else UNDEFINED


def _is_zero(value: Value) -> bool:
    return is_number(value) and value == 0


def _is_finite(value: Value) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return -_INFINITY < value < _INFINITY


def _is_whole(value: Json) -> bool:
    return isinstance(value, int) or value.is_integer() or value in {_INFINITY, -_INFINITY}
