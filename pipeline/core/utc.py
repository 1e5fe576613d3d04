"""Instants as people read them: RFC 3339 in UTC, with milliseconds. No clock here."""

from functools import lru_cache
from typing import Final

_DAY_MS: Final = 86_400_000
_DAYS_OF_ERA: Final = 146_097
_DAYS_BEFORE_1970: Final = 719_468
"""Days from 0000-03-01, where the count below starts, to 1970-01-01."""


@lru_cache(maxsize=1024)  # under load many events share a millisecond
def utc_text(epoch_ms: int) -> str:
    """Milliseconds since 1970 as text: `0` is "1970-01-01T00:00:00.000Z"."""
    days, rest = divmod(epoch_ms, _DAY_MS)
    minutes, millis = divmod(rest, 60_000)
    hour, minute = divmod(minutes, 60)
    second, milli = divmod(millis, 1000)
    return f"{_date_text(days)}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"


@lru_cache(maxsize=64)
def _date_text(days: int) -> str:
    """The Gregorian date of a day counted from 1970-01-01.

    Years are counted from 1 March, so that the leap day is the last of its year.
    """
    era, day_of_era = divmod(days + _DAYS_BEFORE_1970, _DAYS_OF_ERA)
    leap_days = day_of_era // 1460 - day_of_era // 36_524 + day_of_era // 146_096
    year_of_era = (day_of_era - leap_days) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * from_march + 2) // 5 + 1
    month = from_march + 3 if from_march < 10 else from_march - 9  # noqa: PLR2004 (ten months from March are this year's)
    year = era * 400 + year_of_era + (month <= 2)  # noqa: PLR2004 (January and February belong to the next)
    return f"{year:04}-{month:02}-{day:02}"
