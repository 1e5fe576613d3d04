"""The filters that `@liquid` runs: each gives what the reference gives."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, WHITE_SPACE, is_number, is_truthy, length, number, text
from pipeline.core.javascript_json import json_text
from pipeline.core.mapping.allowance import MAX_TEXT, TooLongError
from pipeline.core.mapping.liquid.values import is_true, shown, unit
from pipeline.core.mapping.node import Value

_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})


class UnencodableError(Exception):
    """Half an emoji, which no URL can hold."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter and how many arguments it may have."""

    run: Callable[..., Value]
    counts: tuple[int, ...] = (0,)


def _bounded(string: str) -> str:
    if len(string) > MAX_TEXT:
        raise TooLongError
    return string


def _wording(change: Callable[[str], str]) -> Filter:
    return Filter(lambda value: _bounded(change(shown(value))))


def _capitalized(string: str) -> str:
    first = string[:1] if string[:1] > "\uffff" else string[:1].upper()
    return first + string[1:].lower()


def _append(value: Value, after: Value) -> Value:
    return _bounded(shown(value) + shown(after))


def _prepend(value: Value, before: Value) -> Value:
    return _bounded(shown(before) + shown(value))


def _remove(value: Value, part: Value) -> Value:
    return shown(value).replace(shown(part), "") if shown(part) else shown(value)


def _remove_first(value: Value, part: Value) -> Value:
    return shown(value).replace(shown(part), "", 1)


def _replace(value: Value, part: Value, by: Value) -> Value:
    string, part, by = shown(value), shown(part), shown(by)
    count = string.count(part) if part else length(string)
    if len(string) + count * len(by) > MAX_TEXT:
        raise TooLongError
    if part:
        return string.replace(part, by)
    return by.join(_units(string)) if by else string


def _replace_first(value: Value, part: Value, by: Value) -> Value:
    return _bounded(shown(value).replace(shown(part), shown(by), 1))


def _default(value: Value, instead: Value) -> Value:
    if isinstance(value, (list, str)):
        return value or instead
    return value if is_true(value) else instead


def _split(value: Value, separator: Value) -> Value:
    string, separator = shown(value), shown(separator)
    parts = string.split(separator) if separator else _units(string)
    while parts and not parts[-1]:
        parts.pop()
    return parts


def _units(string: str) -> list[str]:
    if string.isascii():
        return list(string)
    encoded = string.encode("utf-16-be", "surrogatepass")
    return [chr(high << 8 | low) for high, low in zip(encoded[::2], encoded[1::2], strict=True)]


def _join(value: Value, separator: Value = UNDEFINED) -> Value:
    items: list[Json] = (
        [] if value is None or value is UNDEFINED else value if isinstance(value, list) else [value]
    )
    between = " " if separator is None or separator is UNDEFINED else shown(separator)
    if len(items) * len(between) > MAX_TEXT:
        raise TooLongError
    return _bounded(between.join("" if item is None or item is UNDEFINED else text(item) for item in items))


def _size(value: Value) -> Value:
    found = _length_of(value)
    return found if is_truthy(found) else 0


def _length_of(value: Value) -> Value:
    if isinstance(value, str):
        return length(value)
    if isinstance(value, dict):
        return value.get("length", UNDEFINED)
    return len(value) if isinstance(value, list) else UNDEFINED


def _first(value: Value) -> Value:
    return _at_end(value, lambda _: 0)


def _last(value: Value) -> Value:
    return _at_end(value, lambda count: count - 1)


def _at_end(value: Value, index: Callable[[float], float]) -> Value:
    """An end of a list, of a text, or of an object that says how long it is."""
    if isinstance(value, list):
        return value[int(index(len(value)))] if value else UNDEFINED
    if isinstance(value, str):
        return unit(value, index(length(value))) if value else ""
    count = _length_of(value)
    if not (isinstance(value, dict) and isinstance(count, (int, float)) and is_number(count)):
        return ""
    return value.get(text(index(count)), UNDEFINED)


def _double(value: Value) -> float:
    """JavaScript's `+value || 0`, as a double."""
    converted = number(value)
    try:
        double = float(converted)
    except OverflowError:
        return math.inf if converted > 0 else -math.inf
    return 0.0 if math.isnan(double) else double


def _arithmetic(count: int, calculate: Callable[..., float]) -> Filter:
    return Filter(lambda *values: calculate(*map(_double, values)), (count - 1,))


def _times(left: float, right: float) -> float:
    return left * right


def _divided(dividend: float, divisor: float) -> float:
    if divisor:
        return dividend / divisor
    if dividend == 0:
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1, divisor)


def _whole(to_integer: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: float(to_integer(value)) if math.isfinite(value) else value


def _rounded(value: float) -> int:
    """Halves away from zero."""
    size = math.floor(abs(value))
    size += abs(value) - size >= 0.5  # noqa: PLR2004 (a half)
    return -size if value < 0 else size


def _url_encode(value: Value) -> Value:
    try:
        return _bounded(quote(shown(value), safe="!'()*~ ").replace(" ", "+"))
    except UnicodeEncodeError:
        raise UnencodableError from None


def _json(value: Value) -> Value:
    encoded = json_text(value)
    return _bounded(encoded) if isinstance(encoded, str) else encoded


FILTERS: Final[Mapping[str, Filter]] = MappingProxyType(
    {
        "upcase": _wording(str.upper),
        "downcase": _wording(str.lower),
        "capitalize": _wording(_capitalized),
        "strip": _wording(lambda string: string.strip(WHITE_SPACE)),
        "lstrip": _wording(lambda string: string.lstrip(WHITE_SPACE)),
        "rstrip": _wording(lambda string: string.rstrip(WHITE_SPACE)),
        "strip_newlines": _wording(lambda string: string.replace("\r\n", "").replace("\n", "")),
        "escape": _wording(lambda string: string.translate(_ESCAPED)),
        "url_encode": Filter(_url_encode),
        "append": Filter(_append, (1,)),
        "prepend": Filter(_prepend, (1,)),
        "remove": Filter(_remove, (1,)),
        "remove_first": Filter(_remove_first, (1,)),
        "replace": Filter(_replace, (2,)),
        "replace_first": Filter(_replace_first, (2,)),
        "default": Filter(_default, (1,)),
        "split": Filter(_split, (1,)),
        "join": Filter(_join, (0, 1)),
        "size": Filter(_size),
        "first": Filter(_first),
        "last": Filter(_last),
        "json": Filter(_json),
        "plus": _arithmetic(2, lambda left, right: left + right),
        "minus": _arithmetic(2, lambda left, right: left - right),
        "times": _arithmetic(2, _times),
        "divided_by": _arithmetic(2, _divided),
        "at_least": _arithmetic(2, max),
        "at_most": _arithmetic(2, min),
        "abs": _arithmetic(1, abs),
        "ceil": _arithmetic(1, _whole(math.ceil)),
        "floor": _arithmetic(1, _whole(math.floor)),
        "round": _arithmetic(1, _whole(_rounded)),
    }
)
