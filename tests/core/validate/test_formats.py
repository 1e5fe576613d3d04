"""Formats, `date-time` above all (reference: 3.5)."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.javascript import WHITE_SPACE
from pipeline.core.validate.formats import format_check, is_date_time


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-02T03:04:05Z",
        "2024-01-02t03:04:05z",
        "2024-01-02T03:04:05",
        "2024-01-02 03:04:05",
        "2024-01-02T03:04:05.1",
        "2024-01-02T03:04:05.123456789012+01:00",
        "2024-01-02T03:04:05-0530",
        "2024-01-02T03:04:05+01",
        "2024-01-02T03:04:05+99:99",
        "0000-01-01T00:00:00Z",
        "0000-02-29T00:00:00Z",
        "2000-02-29T00:00:00Z",
        "2024-02-29T23:59:60Z",
        *(f"2024-01-02{space}03:04:05Z" for space in WHITE_SPACE),
    ],
)
def test_date_times(text: str) -> None:
    assert is_date_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-01-02",
        "2024-01-02T03:04",
        "2024-01-02T03:04:05,678Z",
        "2024-01-02T03:04:05.Z",
        "2024-01-02T03:04:05 Z",
        "2024-01-02T03:04:05Z\n",
        "2024-01-02T03:04:05Z ",
        " 2024-01-02T03:04:05Z",
        "2024-01-02  03:04:05Z",
        "2024-01-02T T03:04:05Z",
        "2024-01-02T24:00:00Z",
        "2024-01-02T03:60:00Z",
        "2024-01-02T03:04:60Z",
        "2024-01-02T23:58:60Z",
        "2024-01-02T22:59:60Z",
        "2024-01-02T23:59:61Z",
        "2024-00-02T03:04:05Z",
        "2024-13-02T03:04:05Z",
        "2024-01-00T03:04:05Z",
        "2024-01-32T03:04:05Z",
        "2024-04-31T03:04:05Z",
        "2023-02-29T03:04:05Z",
        "1900-02-29T03:04:05Z",
        "02024-01-02T03:04:05Z",
        "-2024-01-02T03:04:05Z",
        "2024-1-2T03:04:05Z",
        "2024-W01-2T03:04:05Z",
        "20240102T030405Z",
        "2024-01-02T03:04:05+1",
        "2024-01-02T03:04:05+01:0",
        "2024-01-02T03:04:05+",
        "2024-01-02T03:04:05[UTC]",
        "\u0662\u0660\u0662\u0664-01-02T03:04:05Z",
        "2024-01-02\x8503:04:05Z",
        "2024-01-02\u200b03:04:05Z",
        "Tue, 02 Jan 2024 03:04:05 GMT",
        "1704164645678",
    ],
)
def test_no_date_times(text: str) -> None:
    assert not is_date_time(text)


@given(st.datetimes())
def test_every_date_that_python_knows_is_one(moment: dt.datetime) -> None:
    assert is_date_time(moment.isoformat())


@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
def test_days_are_those_of_the_calendar(year: int, month: int, day: int) -> None:
    """Year 0 counts as a leap year, as year 400 does."""
    try:
        dt.date(year or 400, month, day)
        exists = True
    except ValueError:
        exists = False
    assert is_date_time(f"{year:04}-{month:02}-{day:02}T00:00:00Z") is exists
    assert format_check("date")(f"{year:04}-{month:02}-{day:02}") is exists


@pytest.mark.parametrize(
    "name, good, bad",
    [
        ("time", "23:59:60Z", "22:59:60Z"),
        ("email", "first.last@mail.example.com", "a b@c.d"),
        ("hostname", "a-b.example", "a-.example"),
        ("ipv4", "127.0.0.1", "127.0.1"),
        ("ipv6", "fe80::1", "fe80"),
        ("uri", "urn:a:b?c#d", "//e.com"),
        ("uri-reference", "../a?b#c", "a b"),
        ("uuid", "urn:uuid:123E4567-e89b-12d3-a456-426614174000", "123e4567"),
        ("regex", "(a|b)*", "[a"),
        ("date-like", "2 January 2024 10:00", "soon"),
        ("date-like", "2024-01-02T03:04:05.678Z", "NaN"),
    ],
)
def test_other_formats(name: str, good: str, bad: str) -> None:
    holds = format_check(name)
    assert holds(good)
    assert not holds(bad)
