"""How SDKs write times, made of microseconds since 1970."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

Clock = Callable[[int], bytes]

_THREE_DIGITS: Final = tuple(b"%03d" % number for number in range(1000))
_FRACTION: Final = re.compile(r"^[^.]*\.?|(Z|[+-]\d\d:\d\d)$")
_MILLIS_DIGITS: Final = 6


def like(example: object) -> Clock:
    """The way that the example is written."""
    digits = len(_FRACTION.sub("", str(example)))
    if str(example).endswith("+00:00"):
        return (
            _offset_seconds
            if digits == 0
            else _offset_millis
            if digits <= _MILLIS_DIGITS // 2
            else _offset_micros
        )
    return _z_nanos if digits > _MILLIS_DIGITS else z_millis


def z_millis(us: int) -> bytes:
    """With milliseconds and Z, as JavaScript writes it."""
    return _millis(us) + b"Z"


@lru_cache(maxsize=4096)
def _second(number: int) -> bytes:
    return datetime.fromtimestamp(number, UTC).isoformat()[:19].encode()


def _millis(us: int) -> bytes:
    return _second(us // 1_000_000) + b"." + _THREE_DIGITS[us // 1000 % 1000]


def _offset_millis(us: int) -> bytes:
    return _millis(us) + b"+00:00"


def _offset_micros(us: int) -> bytes:
    return _millis(us) + _THREE_DIGITS[us % 1000] + b"+00:00"


def _offset_seconds(us: int) -> bytes:
    return _second(us // 1_000_000) + b"+00:00"


def _z_nanos(us: int) -> bytes:
    return _millis(us) + _THREE_DIGITS[us % 1000] + _THREE_DIGITS[us * 7 % 1000] + b"Z"
