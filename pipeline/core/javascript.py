"""JavaScript's values, where the reference's result depends on them (reference: 0.1).

Integers keep all their digits, beyond 2^53 too (reference: 8.4); everything else follows
JavaScript. `UNDEFINED` stands for a missing value and differs from None, which is null.
"""

import math
import re
from collections.abc import Iterable
from typing import Final

from pipeline.core.event import Json


class Undefined:
    """The type of `UNDEFINED`; falsy, and equal to itself only."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = Undefined()

WHITE_SPACE: Final = (
    "\t\n\x0b\x0c\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?", re.ASCII)
_RADIX: Final = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)", re.ASCII)
_INFINITIES: Final = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
_LONGEST_EXACT: Final = 4300
_LONGEST_BITS: Final = 14_284  # 10 ** 4300; Python writes no longer integer
_PLAIN_FROM: Final = -7
_PLAIN_BELOW: Final = 21


def is_number(value: Json) -> bool:
    """Whether JavaScript's typeof says "number": a bool is not one."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_truthy(value: Json) -> bool:
    """JavaScript's truth: empty lists and objects are true, NaN is false."""
    if isinstance(value, (list, dict)):
        return True
    return bool(value) and value == value  # noqa: PLR0124 (NaN differs from itself)


def number_text(number: float) -> str:
    """A number as String() writes it: `5.0` is "5", `1e21` is "1e+21"."""
    if isinstance(number, int):
        return _integer_text(number)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    digits, point = _shortest(abs(number))
    return sign + _place(digits, point)


def _integer_text(number: int) -> str:
    if number.bit_length() > _LONGEST_BITS:
        return "Infinity" if number > 0 else "-Infinity"
    return str(number)


def _shortest(number: float) -> tuple[str, int]:
    """Shortest round-trip digits d1d2…, with the number equal to 0.d1d2… x 10^point."""
    mantissa, _, exponent = repr(number).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + ("" if fraction == "0" else fraction)
    stripped = digits.lstrip("0")
    point = len(whole) - (len(digits) - len(stripped)) + int(exponent or 0)
    return stripped.rstrip("0") or "0", point


def _place(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= _PLAIN_BELOW:
        return digits + "0" * (point - count)
    if 0 < point <= _PLAIN_BELOW:
        return f"{digits[:point]}.{digits[point:]}"
    if _PLAIN_FROM + 1 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    mantissa = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{'+' if exponent >= 0 else '-'}{abs(exponent)}"


def text(value: Json | Undefined) -> str:
    """Any value as String() writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, Undefined):
        return "undefined"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, list):
        return _list_text(value)
    return "[object Object]"


def _list_text(value: list[Json]) -> str:
    """Items joined by commas, lists inside by the same rule; null and undefined are empty."""
    pieces: list[str] = []
    waiting: list[Json] = value[::-1] or [""]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item[::-1] or [""]
        else:
            pieces.append("" if _is_absent(item) else text(item))
    return ",".join(pieces)


def type_name(value: Json | Undefined) -> str:
    """What the reference calls the value's kind in its messages."""
    match value:
        case None:
            return "null"
        case Undefined():
            return "undefined"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _is_absent(value: Json | Undefined) -> bool:
    return value is None or value is UNDEFINED


def number(value: Json | Undefined) -> float:
    """A scalar as Number() reads it; NaN for whatever is not one."""
    if value is None:
        return 0
    if isinstance(value, (bool, int, float)):
        return +value
    if isinstance(value, str):
        return _number_of_text(value.strip(WHITE_SPACE))
    if isinstance(value, (list, dict)):
        return _number_of_text(text(value).strip(WHITE_SPACE))
    return math.nan


def _number_of_text(stripped: str) -> float:
    if not stripped:
        return 0
    if _DECIMAL.fullmatch(stripped):
        is_integer = stripped.lstrip("+-").isdigit() and len(stripped) < _LONGEST_EXACT
        return int(stripped) if is_integer else float(stripped)
    if _RADIX.fullmatch(stripped):
        return int(stripped, 0)
    return _INFINITIES.get(stripped, math.nan)


def length(string: str) -> int:
    """UTF-16 code units, as JavaScript counts a string."""
    return len(string) if string.isascii() else len(string.encode("utf-16-le", "surrogatepass")) // 2


def ordered_keys(keys: Iterable[str]) -> list[str]:
    """Keys in JavaScript's order: array indices ascending, then the rest as inserted."""
    present = list(keys)
    indices = sorted((key for key in present if is_index(key)), key=int)
    if not indices:
        return present
    return indices + [key for key in present if not is_index(key)]


def is_index(key: str) -> bool:
    """Whether a key looks like an array index: canonical digits below 2^32 - 1."""
    if not (key.isascii() and key.isdigit()) or (key[0] == "0" and key != "0"):
        return False
    return len(key) <= len("4294967294") and int(key) < 2**32 - 1
