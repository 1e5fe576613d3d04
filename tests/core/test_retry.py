import math
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.core.http_date import epoch_s
from pipeline.core.retry import MAX_RETRY_AFTER_S, Backoff, backoff_s, retry_after_s

NOW = datetime(1994, 11, 6, 8, 49, 7, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
IMF, OLD, ASCTIME = "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"

jitters = st.floats(0, 1, exclude_max=True)
attempts = st.integers(1, 10**6)


def moments(first: int, last: int) -> st.SearchStrategy[datetime]:
    """Whole seconds from the first of January of one year to that of another."""
    epochs = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (first, last))
    return st.integers(*epochs).map(lambda epoch: datetime.fromtimestamp(epoch, UTC))


def test_the_ceiling_doubles_from_the_first_wait_to_the_cap() -> None:
    policy = Backoff(first_s=1, cap_s=10)
    assert [backoff_s(attempt, policy, 0.5) for attempt in range(1, 7)] == [0.5, 1, 2, 4, 5, 5]


@given(attempts, jitters)
@example(10**6, math.nextafter(1, 0))
def test_a_wait_lies_between_nothing_and_the_cap(attempt: int, jitter: float) -> None:
    policy = Backoff(first_s=0.25, cap_s=30)
    assert 0 <= backoff_s(attempt, policy, jitter) <= 30


@given(attempts, jitters)
def test_a_later_attempt_never_waits_less_for_the_same_jitter(attempt: int, jitter: float) -> None:
    policy = Backoff()
    assert backoff_s(attempt, policy, jitter) <= backoff_s(attempt + 1, policy, jitter)


@given(attempts)
def test_full_jitter_reaches_down_to_nothing(attempt: int) -> None:
    assert backoff_s(attempt, Backoff(), 0) == 0


@pytest.mark.parametrize(
    "header, seconds",
    [
        ("0", 0),
        ("120", 120),
        (" 7\t", 7),
        ("0007", 7),
        ("1.5", 1.5),
        ("-5", 0),
        ("3601", 3600),
        ("9" * 5000, 3600),
        ("0" * 5000 + "2", 2),
        ("-" + "9" * 5000, 0),
    ],
)
def test_seconds_are_read_and_bounded(header: str, seconds: float) -> None:
    assert retry_after_s(header, NOW_MS) == seconds


@pytest.mark.parametrize(
    "header",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
def test_the_three_dates_of_rfc_9110_are_read(header: str) -> None:
    assert retry_after_s(header, NOW_MS) == 30


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "soon",
        "+5",
        "1e3",
        ".5",
        "inf",
        "nan",
        "\u0663",
        "1 2",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 29 Feb 1900 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
    ],
)
def test_what_cannot_be_read_says_nothing(header: str | None) -> None:
    assert retry_after_s(header, NOW_MS) is None


def test_a_date_that_has_passed_asks_for_no_wait_and_a_far_one_is_bounded() -> None:
    assert retry_after_s("Sun, 06 Nov 1994 08:48:37 GMT", NOW_MS) == 0
    assert retry_after_s("Fri, 31 Dec 9999 23:59:59 GMT", NOW_MS) == MAX_RETRY_AFTER_S


def test_a_leap_day_and_a_leap_second_exist() -> None:
    leap_day = datetime(2000, 2, 29, tzinfo=UTC).timestamp()
    assert epoch_s("Tue, 29 Feb 2000 00:00:00 GMT", NOW_MS) == leap_day
    assert epoch_s("Tue, 29 Feb 2000 23:59:60 GMT", NOW_MS) == leap_day + 86_400


@given(moments(1900, 9999), st.sampled_from([IMF, ASCTIME]))
def test_dates_with_a_full_year_agree_with_the_calendar(moment: datetime, form: str) -> None:
    assert epoch_s(moment.strftime(form), NOW_MS) == moment.timestamp()


@given(moments(1945, 2044))
def test_a_two_digit_year_lies_at_most_fifty_years_ahead(moment: datetime) -> None:
    assert epoch_s(moment.strftime(OLD), NOW_MS) == moment.timestamp()


@given(st.text(max_size=60), st.integers(0, 4 * 10**12))
def test_no_header_makes_it_raise_or_leave_its_bounds(header: str, now_ms: int) -> None:
    seconds = retry_after_s(header, now_ms)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_S
