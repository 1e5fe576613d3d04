"""JSON as JavaScript writes and reads it (reference: 0.1).

Neither direction is bounded by Python's recursion limit or by the digits that it converts.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, Undefined, number_text, ordered_keys

MAX_DEPTH: Final = 250
"""Levels of nesting that `parse_json` gives back: as many as an event may have."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MAX_DIGITS: Final = 4300


class TooDeepError(Exception):
    """The text is nested more than `MAX_DEPTH` levels deep."""


def quoted(string: str) -> str:
    """A string with its quotes; only what JSON must escape is escaped, lone surrogates too."""
    written = json.dumps(string, ensure_ascii=False)
    if written.isascii():
        return written
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):x}", written)


def json_text(value: Json | Undefined) -> str | Undefined:
    """JSON.stringify: no spaces, undefined members dropped, undefined items null, NaN null."""
    if isinstance(value, Undefined):
        return UNDEFINED
    if not isinstance(value, (dict, list)):
        return _scalar_text(value)
    parts: list[str] = []
    open_containers = [_pieces(value)]
    while open_containers:
        for piece in open_containers[-1]:
            if isinstance(piece, str):
                parts.append(piece)
            else:
                open_containers.append(_pieces(piece))
                break
        else:
            open_containers.pop()
    return "".join(parts)


def _scalar_text(value: Json | Undefined) -> str:
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, Undefined):
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    written = number_text(value)
    return "null" if written in {"NaN", "Infinity", "-Infinity"} else written


def _pieces(container: Json) -> Iterator[str | dict[str, Json] | list[Json]]:
    """A container's text in order, with the containers inside still unwritten."""
    if isinstance(container, dict):
        yield from _members(container)
        return
    yield "["
    for index, item in enumerate(container):
        if index:
            yield ","
        yield item if isinstance(item, (dict, list)) else _scalar_text(item)
    yield "]"


def _members(members: dict[str, Json]) -> Iterator[str | dict[str, Json] | list[Json]]:
    before = "{"
    for key in ordered_keys(members):
        value = members[key]
        if value is UNDEFINED:
            continue
        yield f"{before}{quoted(key)}:"
        yield value if isinstance(value, (dict, list)) else _scalar_text(value)
        before = ","
    yield "{}" if before == "{" else "}"


def parse_json(string: str) -> Json:
    """JSON.parse; integers keep their digits.

    Raises ValueError if the text is not JSON, and TooDeepError.
    """
    try:
        value = json.loads(string, parse_int=_integer, parse_constant=_refuse_word)
    except RecursionError:
        raise TooDeepError from None
    if string.count("[") + string.count("{") > MAX_DEPTH and _is_too_deep(value):
        raise TooDeepError
    return value


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _refuse_word(word: str) -> Json:
    raise ValueError(word)


def _is_too_deep(value: Json) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True
