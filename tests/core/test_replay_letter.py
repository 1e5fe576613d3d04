"""Headers of dead letters and replays may be forged: numbers that none can be make them foreign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.record import Headers, Position
from pipeline.core.replay_letter import Source, read_letter, read_replayed, read_source

WHOLE: dict[str, bytes] = {
    "schema": b"dead-letter/1",
    "pipeline": b"kameleoon-tests",
    "pass": b"1",
    "mapping": b"Track Calls",
    "source_topic": b"segment-events",
    "source_partition": b"3",
    "source_offset": b"7",
    "source_timestamp_ms": b"1795428000000",
    "origin_topic": b"segment-events",
    "origin_partition": b"3",
    "origin_offset": b"7",
}


def headers(**changes: bytes | None) -> Headers:
    return tuple((WHOLE | changes).items())


def test_whole_headers_are_read() -> None:
    place = Position("segment-events", 3, 7)
    assert read_source(headers()) == Source(place, 1_795_428_000_000)
    letter = read_letter(headers(), 0, 0)
    assert letter is not None
    assert letter.origin.position == place


@pytest.mark.parametrize("name", ["source_partition", "source_offset", "source_timestamp_ms"])
@pytest.mark.parametrize(
    "value", [None, b"", b"-1", b"1.5", b"0x1", b" 1", "٣".encode(), b"\xff", b"9" * 5000]
)
def test_a_source_that_cannot_be_is_none(name: str, value: bytes | None) -> None:
    assert read_source(headers(**{name: value})) is None


@pytest.mark.parametrize("name", ["origin_partition", "origin_offset", "pass"])
@pytest.mark.parametrize("value", [None, b"", b"-1", b"9" * 5000])
def test_a_letter_of_an_origin_that_cannot_be_is_foreign(name: str, value: bytes | None) -> None:
    assert read_letter(headers(**{name: value}), 0, 0) is None


@given(st.dictionaries(st.sampled_from(list(WHOLE)), st.none() | st.binary(max_size=30)), st.booleans())
def test_no_headers_make_it_raise(changes: dict[str, bytes | None], is_replay: bool) -> None:  # noqa: FBT001 (hypothesis gives it)
    forged = headers(**({"schema": b"replay/1"} if is_replay else {}) | changes)
    read_letter(forged, 0, 0)
    read_replayed(forged)
    read_source(forged)
