from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.utc import utc_text


@pytest.mark.parametrize(
    "epoch_ms,text",
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_795_329_194_884, "2026-11-22T06:33:14.884Z"),
    ],
)
def test_an_instant_is_written_in_utc_with_milliseconds(epoch_ms: int, text: str) -> None:
    assert utc_text(epoch_ms) == text


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001 (hypothesis asks for naive bounds)
def test_every_instant_is_written_as_the_calendar_has_it(instant: datetime) -> None:
    epoch_ms = (instant.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    assert utc_text(epoch_ms) == instant.isoformat(timespec="milliseconds") + "Z"
