import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.audit import Position, SourcePosition, dead_letter_headers
from pipeline.core.dead_letter import Origin, Rank, read_origin, read_rank, replay_headers
from tests.support.audit_entries import AT, audit_record

ORIGIN = Origin("kameleoon-abcdefghij", "Track Calls", Position("segment-events", 0, 7))

RANK = Rank(1, 1)


def test_a_dead_letter_names_its_origin() -> None:
    assert read_origin(dead_letter_headers(audit_record())) == ORIGIN


@pytest.mark.parametrize("mapping", ["Track Calls", "Achats (été)", None])
def test_a_replay_names_the_origin_that_it_was_made_for(mapping: str | None) -> None:
    origin = Origin("kameleoon-abcdefghij", mapping, Position("segment-events", 2, 9))

    assert read_origin(replay_headers(origin, RANK, AT)) == origin


def test_of_repeated_headers_the_last_counts() -> None:
    forged = (("origin_offset", b"1"), ("mapping", b"forged"))

    assert read_origin((*forged, *replay_headers(ORIGIN, RANK, AT))) == ORIGIN


@pytest.mark.parametrize("offset", [b"", b"-1", b"1.0", b"9" * 5000, "²".encode()])
def test_an_offset_that_is_no_number_makes_a_record_foreign(offset: bytes) -> None:
    assert read_origin((*replay_headers(ORIGIN, RANK, AT), ("origin_offset", offset))) is None


@given(st.lists(st.tuples(st.sampled_from(["schema", "pipeline", "origin_offset"]), st.binary())))
def test_no_headers_make_the_reader_raise(headers: list[tuple[str, bytes]]) -> None:
    assert read_origin(tuple(headers)) is None


def test_a_dead_letter_of_an_event_has_the_rank_of_its_pass() -> None:
    forged = (("origin_pass", b"9"), ("generation", b"9"))

    assert read_rank(dead_letter_headers(audit_record(pass_=5), forged)) == Rank(5, 0)


def test_the_dead_letter_of_a_replay_has_the_rank_of_that_replay() -> None:
    source = SourcePosition("kameleoon-replays", 0, 3, 0)
    again = audit_record(pass_=7, source=source, replay_of=ORIGIN.position)

    assert read_rank(dead_letter_headers(again, replay_headers(ORIGIN, Rank(5, 2), AT))) == Rank(5, 2)


def test_a_replay_keeps_the_originals_own_headers_and_no_others() -> None:
    letter = dead_letter_headers(audit_record(), (("traceparent", b"00-1"), ("mapping", b"forged")))

    assert replay_headers(ORIGIN, RANK, AT, (*letter, ("original", b"at-source"))) == (
        ("traceparent", b"00-1"),
        *replay_headers(ORIGIN, RANK, AT),
    )
