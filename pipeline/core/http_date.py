"""The three forms of an HTTP date (RFC 9110, section 5.6.7), read without a clock."""

import re
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKDAY: Final = "(?:mon|tue|wed|thu|fri|sat|sun)"
_LONG_WEEKDAY: Final = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH: Final = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME: Final = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_FORMS: Final = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        f"{_WEEKDAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT",
        f"{_LONG_WEEKDAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT",
        f"{_WEEKDAY} {_MONTH} (?P<day>[0-9 ][0-9]) {_TIME} (?P<year>[0-9]{{4}})",
    )
)
_DAY_S: Final = 86_400
_YEAR_MS: Final = 31_556_952_000
_CENTURY: Final = 100
_LAST_HOUR: Final = 23
_LAST_MINUTE: Final = 59
_LEAP_SECOND: Final = 60
_FEBRUARY: Final = 2


def epoch_s(text: str, now_ms: int) -> int | None:
    """Seconds since 1970 of an HTTP date; None for anything else.

    `now_ms` settles the century of a two-digit year: at most 50 years ahead. The name of
    the weekday is not compared with the date.
    """
    for form in _FORMS:
        if found := form.fullmatch(text):
            return _moment(found, now_ms)
    return None


def _moment(found: re.Match[str], now_ms: int) -> int | None:
    year, day = int(found["year"]), int(found["day"])
    month = _MONTHS.index(found["month"].lower()) + 1
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"])
    if len(found["year"]) == 2:  # noqa: PLR2004 (the old form writes two digits)
        year = _full_year(year, now_ms)
    if not 1 <= day <= _days_in(year, month):
        return None
    if hour > _LAST_HOUR or minute > _LAST_MINUTE or second > _LEAP_SECOND:
        return None
    return _days_since_1970(year, month, day) * _DAY_S + hour * 3600 + minute * 60 + second


def _full_year(two_digits: int, now_ms: int) -> int:
    latest = 1970 + now_ms // _YEAR_MS + 50
    return two_digits + (latest - two_digits) // _CENTURY * _CENTURY


def _days_in(year: int, month: int) -> int:
    return _DAYS[month - 1] + (month == _FEBRUARY and _is_leap(year))


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_since_1970(year: int, month: int, day: int) -> int:
    """Days from the civil calendar, counted in years that begin in March."""
    shifted = year - (month <= _FEBRUARY)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + day_of_year - 719_468
