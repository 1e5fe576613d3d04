"""Values as Liquid sees them: their text, their members, and how two of them compare."""

from enum import Enum

from pipeline.core.event import Json
from pipeline.core.javascript import (
    UNDEFINED,
    WHITE_SPACE,
    is_index,
    is_number,
    length,
    number,
    number_text,
    text,
)
from pipeline.core.mapping.node import Value


class Special(Enum):
    """The words that only `==` and `!=` understand."""

    NIL = "nil"
    EMPTY = "empty"
    BLANK = "blank"


Operand = Value | Special


def shown(value: Value) -> str:
    """A value as it is printed: nothing for null, items one after the other."""
    if isinstance(value, str):
        return value
    if value is None or value is UNDEFINED:
        return ""
    if not isinstance(value, list):
        return text(value)
    pieces: list[str] = []
    waiting = value[::-1]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item[::-1]
        else:
            pieces.append(shown(item))
    return "".join(pieces)


def is_true(value: Value) -> bool:
    """Everything but false, null and undefined."""
    return value is not False and value is not None and value is not UNDEFINED


def member(holder: Value, key: str | float) -> Value:
    """What `holder.key` is; `size`, `first` and `last` stand in where there is no such member."""
    if isinstance(holder, list):
        return _item(holder, key)
    if isinstance(holder, dict):
        name = key if isinstance(key, str) else number_text(key)
        return holder.get(name, len(holder) if name == "size" else UNDEFINED)
    if isinstance(holder, str):
        return length(holder) if key in {"size", "length"} else unit(holder, key)
    return None if holder is None else UNDEFINED


def _item(items: list[Json], key: str | float) -> Value:
    match key:
        case "size" | "length":
            return len(items)
        case "first":
            return items[0] if items else UNDEFINED
        case "last":
            return items[-1] if items else UNDEFINED
        case str():
            index = int(key) if is_index(key) else -1
        case _:
            index = int(key) + (len(items) if key < 0 else 0)
    return items[index] if 0 <= index < len(items) else UNDEFINED


def unit(string: str, key: str | float) -> Value:
    """A UTF-16 code unit of a string."""
    index = int(key) if is_number(key) or is_index(str(key)) else -1
    if index < 0:
        return UNDEFINED
    found = string.encode("utf-16-le", "surrogatepass")[2 * index : 2 * index + 2]
    return chr(int.from_bytes(found, "little")) if found else UNDEFINED


def are_equal(left: Operand, right: Operand) -> bool:
    """`==`: no conversions; lists by their items, objects only with themselves."""
    if isinstance(left, Special):
        return _is_special(right, left)
    if isinstance(right, Special):
        return _is_special(left, right)
    waiting = [(left, right)]
    while waiting:
        one, other = waiting.pop()
        if isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            waiting += zip(one, other, strict=True)
        elif not _are_identical(one, other):
            return False
    return True


def _are_identical(one: Value, other: Value) -> bool:
    if isinstance(one, str):
        return isinstance(other, str) and one == other
    if is_number(one):
        return is_number(other) and one == other
    return one is other and not isinstance(one, list)


def _is_special(value: Operand, special: Special) -> bool:
    if special is Special.NIL:
        return value is None or value is UNDEFINED
    if special is Special.BLANK:
        if value is None or value is UNDEFINED or value is False:
            return True
        if isinstance(value, str):
            return not value.strip(WHITE_SPACE)
    return isinstance(value, (str, list, dict)) and not value


def is_less(left: Value, right: Value) -> bool:
    """JavaScript's `<`: texts by code units, everything else as numbers."""
    one, other = _primitive(left), _primitive(right)
    if isinstance(one, str) and isinstance(other, str):
        return _units(one) < _units(other)
    return number(one) < number(other)


def is_at_most(left: Value, right: Value) -> bool:
    """JavaScript's `<=`."""
    one, other = _primitive(left), _primitive(right)
    if isinstance(one, str) and isinstance(other, str):
        return _units(one) <= _units(other)
    return number(one) <= number(other)


def _primitive(value: Value) -> Value:
    return text(value) if isinstance(value, (list, dict)) else value


def _units(string: str) -> bytes:
    return string.encode("utf-16-be", "surrogatepass")


def holds(left: Value, right: Value) -> bool:
    """`contains`: an item of a list, or a part of a text."""
    if isinstance(left, list):
        return any(are_equal(item, right) for item in left)
    return isinstance(left, str) and text(right) in left
