"""Formats of strings. `date-time` is exact (reference: 3.5); the actions use no other.

The others agree with the reference on ordinary values; they are there for fields that an
action may gain.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from types import MappingProxyType
from typing import Final

from pipeline.core.javascript import WHITE_SPACE
from pipeline.core.validate.date_like import is_date_like

Check = Callable[[str], bool]

_DATE: Final = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME: Final = (
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"
    r"(?:\.[0-9]+)?(?:[zZ]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_whole_date: Final = re.compile(_DATE).fullmatch
_whole_time: Final = re.compile(_TIME).fullmatch
_whole_date_time: Final = re.compile(f"{_DATE}[tT{WHITE_SPACE}]{_TIME}").fullmatch

_DAY: Final = slice(8, 10)
_SECOND: Final = slice(6, 8)
_FEBRUARY: Final = "02"
_LONG_MONTHS: Final = frozenset({"01", "03", "05", "07", "08", "10", "12"})


def is_date_time(value: str) -> bool:
    """Whether a text is a date and a time of day, with a zone or without (reference: 3.5)."""
    return _whole_date_time(value) is not None and _has_day(value[:10]) and _has_second(value[11:19])


def is_date(value: str) -> bool:
    """Whether a text is `yyyy-mm-dd` with a day that the month has."""
    return _whole_date(value) is not None and _has_day(value)


def is_time(value: str) -> bool:
    """Whether a text is a time of day, with a zone or without."""
    return _whole_time(value) is not None and _has_second(value)


def _has_day(date: str) -> bool:
    """Whether its month has the day of what is written like a date."""
    day = date[_DAY]
    if day <= "28":
        return True
    year, month, _ = date.split("-")
    if month == _FEBRUARY:
        return day == "29" and _is_leap(int(year))
    return day <= ("31" if month in _LONG_MONTHS else "30")


def _has_second(time: str) -> bool:
    """Whether its minute has the second of what is written like a time: a leap second is the day's last."""
    return time[_SECOND] != "60" or time.startswith("23:59")


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _address(kind: type[IPv4Address | IPv6Address]) -> Check:
    def is_address(value: str) -> bool:
        try:
            kind(value)
        except AddressValueError:
            return False
        return True

    return is_address


def _is_regex(value: str) -> bool:
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _pattern(pattern: str) -> Check:
    match = re.compile(pattern).fullmatch
    return lambda value: match(value) is not None


_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_URI_TEXT: Final = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*"

_CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "date-time": is_date_time,
        "date": is_date,
        "time": is_time,
        "date-like": is_date_like,
        "email": _pattern(rf"[^\s@]+@(?:{_LABEL}\.)+{_LABEL}"),
        "hostname": _pattern(rf"(?=.{{1,253}}\.?$)(?:{_LABEL}\.)*{_LABEL}\.?"),
        "ipv4": _address(IPv4Address),
        "ipv6": _address(IPv6Address),
        "uri": _pattern(rf"[A-Za-z][A-Za-z0-9+.-]*:{_URI_TEXT}"),
        "uri-reference": _pattern(_URI_TEXT),
        "uuid": _pattern(r"(?:urn:uuid:)?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
        "regex": _is_regex,
    }
)

_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "date-time": "date and time",
        "email": "email address",
        "ipv4": "IPv4 address",
        "ipv6": "IPv6 address",
        "uri": "URI",
        "uri-reference": "URI Reference",
        "regex": "regular expression",
    }
)


def format_check(name: str) -> Check:
    """The check of a format. Raises ValueError for a format that is not known."""
    if name not in _CHECKS:
        raise ValueError(f"unknown format {name!r}; known are {', '.join(_CHECKS)}")
    return _CHECKS[name]


def format_name(name: str) -> str:
    """A format in the words of the error texts."""
    return _NAMES.get(name, name)
