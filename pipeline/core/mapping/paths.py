"""Paths into a payload (reference: 2.3, path lookup)."""

import re
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, is_index, is_truthy, length
from pipeline.core.mapping.node import Resolve, Value

_SPLIT: Final = re.compile(r"""\[(?=["'0-9])|\.|(?<=["'0-9])\]+""")
_QUOTES: Final = str.maketrans("", "", "\"'")


def split_path(path: str) -> tuple[str, ...]:
    """The keys that a path steps through; none for the payload itself."""
    if path in {"", "."}:
        return ()
    return tuple(piece.translate(_QUOTES) for piece in _SPLIT.split(path) if piece)


def without_root(path: str) -> str:
    """A path as `@path` and `@arrayPath` read it: without the first `$.`."""
    return path.replace("$.", "", 1)


def look_up(payload: Value, keys: tuple[str, ...]) -> Value:
    """Step through the keys; a value that is falsy ends the walk and is the result."""
    value = payload
    for key in keys:
        value = value.get(key, UNDEFINED) if isinstance(value, dict) else _step(value, key)
    return value


def _step(value: Value, key: str) -> Value:
    """The member of what is not an object."""
    if not is_truthy(value):
        return value
    if isinstance(value, list):
        return _item(value, key)
    if isinstance(value, str):
        return _unit(value, key)
    if isinstance(value, dict):
        return value.get(key, UNDEFINED)
    return UNDEFINED


def _item(values: list[Json], key: str) -> Value:
    if key == "length":
        return len(values)
    return values[int(key)] if is_index(key) and int(key) < len(values) else UNDEFINED


def _unit(string: str, key: str) -> Value:
    """A UTF-16 code unit of a string; half an emoji is a lone surrogate."""
    if key == "length":
        return length(string)
    if not is_index(key):
        return UNDEFINED
    index = int(key)
    if string.isascii():
        return string[index] if index < len(string) else UNDEFINED
    units = string.encode("utf-16-le", "surrogatepass")[2 * index : 2 * index + 2]
    return chr(int.from_bytes(units, "little")) if units else UNDEFINED


def compile_path(keys: tuple[str, ...]) -> Resolve:
    """Look the keys up in a payload; short paths through objects take the short way."""
    match keys:
        case (key,):
            return _one_key(key)
        case (first, second):
            return _two_keys(first, second)
        case _:
            return lambda payload: look_up(payload, keys)


def _one_key(key: str) -> Resolve:
    def resolve(payload: Value) -> Value:
        if isinstance(payload, dict):
            return payload.get(key, UNDEFINED)
        return _step(payload, key)

    return resolve


def _two_keys(first: str, second: str) -> Resolve:
    def resolve(payload: Value) -> Value:
        if isinstance(payload, dict):
            value = payload.get(first, UNDEFINED)
            if isinstance(value, dict):
                return value.get(second, UNDEFINED)
            return _step(value, second)
        return _step(_step(payload, first), second)

    return resolve
