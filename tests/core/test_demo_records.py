"""The records that the demo makes up end as their names say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.demo_records import FATED, POISON, arrange
from pipeline.core.flow import decide
from pipeline.core.outcome import Deliverable, Rejected
from pipeline.core.record import Record
from tests.support.configuration import config

MADE = [*FATED, *POISON]
FILES = st.lists(st.lists(st.binary(min_size=1, max_size=3), max_size=40), max_size=5)


def decisions(value: bytes | None) -> list[object]:
    return list(decide(config().plan, Record("t", 0, 0, 0, None, value)).parts)


@pytest.mark.parametrize("value", FATED)
def test_an_event_with_a_fate_goes_out_and_takes_it_along(value: bytes) -> None:
    (part,) = decisions(value)
    assert isinstance(part, Deliverable)
    assert json.loads(part.body)["properties"]["sandbox"] == json.loads(value)["properties"]["sandbox"]


def test_each_poison_is_rejected_for_a_reason_of_its_own() -> None:
    reasons = [part.reason for value in POISON for part in decisions(value) if isinstance(part, Rejected)]
    assert len(reasons) == len(set(reasons)) == len(POISON)


@given(FILES, st.none() | st.integers(1, 250))
def test_every_captured_event_up_to_the_limit_and_every_made_one_is_there_once(
    files: list[list[bytes]], count: int | None
) -> None:
    arranged = arrange(files, count)
    captured = [value for value in arranged if value is not None and value not in MADE]
    every = [line for lines in files for line in lines]
    wanted = len(every) if count is None else min(count, len(every))
    assert len(captured) == wanted
    assert len(arranged) - wanted == len(MADE)
    assert all(every.count(value) >= captured.count(value) for value in captured)


def test_a_short_run_has_events_of_every_source() -> None:
    arranged = arrange([[b"a1", b"a2"], [b"b1"], [b"c1", b"c2"]], 3)
    assert [value for value in arranged if value not in MADE] == [b"a1", b"b1", b"c1"]


def test_the_poison_stands_between_good_events() -> None:
    arranged = arrange([[b"good"] * 1000], None)
    places = [place for place, value in enumerate(arranged) if value in POISON]
    assert all(arranged[place - 1] == b"good" == arranged[place + 1] for place in places)
