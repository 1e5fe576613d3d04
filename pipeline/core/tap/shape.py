"""Values masked: what an event looks like, without what it holds.

Every value that is no object and no list is replaced by its kind, a text with its length. Names of fields
stay where they look like names: what keys its objects by e-mail address or order number is masked too.
"""

import re
from collections.abc import Iterator
from typing import Final

from pipeline.core.event import Json

MOST_VALUES: Final = 500
"""Values that one shape tells of: to mask an event takes no longer than that."""

_MOST_FIELDS: Final = 100
_MOST_ITEMS: Final = 5
_MOST_LEVELS: Final = 20
_LEFT_OUT: Final = "…"

_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$ .:-]{0,39}", re.ASCII)
_MOST_DIGITS: Final = 3
_NOT_DIGITS: Final = re.compile(r"[^0-9]", re.ASCII)


def shape(value: Json) -> Json:
    """The same objects and lists, shortened where they are long, with kinds in place of values."""
    return _shape(value, iter(range(MOST_VALUES)), _MOST_LEVELS)


def _shape(value: Json, room: Iterator[int], levels: int) -> Json:
    if next(room, None) is None or levels == 0:
        return _LEFT_OUT
    match value:
        case dict():
            return _fields(value, room, levels - 1)
        case list():
            return _items(value, room, levels - 1)
        case _:
            return _kind(value)


def _fields(value: dict[str, Json], room: Iterator[int], levels: int) -> Json:
    told: dict[str, Json] = {}
    for key, item in value.items():
        if len(told) == _MOST_FIELDS:
            told[_LEFT_OUT] = f"{len(value) - _MOST_FIELDS} more"
            break
        told[_free(_name(key), told)] = _shape(item, room, levels)
    return told


def _items(value: list[Json], room: Iterator[int], levels: int) -> Json:
    told = [_shape(item, room, levels) for item in value[:_MOST_ITEMS]]
    more = len(value) - _MOST_ITEMS
    return [*told, f"{_LEFT_OUT} {more} more"] if more > 0 else told


def _kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true/false"
        case int() | float():
            return "number"
        case str():
            return f"string({len(value)})"
        case bytes():
            return f"bytes({len(value)})"
        case _:
            return "nothing"


def _name(key: str) -> str:
    is_name = _NAME.fullmatch(key) and len(_NOT_DIGITS.sub("", key)) <= _MOST_DIGITS
    return key if is_name else f"name({len(key)})"


def _free(name: str, taken: dict[str, Json]) -> str:
    """The name, or one that is not taken: two masked names may be equally long."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free
