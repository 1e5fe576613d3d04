"""Trace context in a record's headers: taken as text of bounded length, put in the place of another's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.dead_letter import Origin, Rank, dead_letter_headers, replay_headers
from pipeline.core.record import Headers, Position
from pipeline.core.trace import TraceContext, carried, with_trace
from tests.support.audit_entries import audit_record

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_both_headers_are_carried() -> None:
    headers = (("x", b"1"), ("traceparent", PARENT.encode()), ("tracestate", b"a=b"))
    assert carried(headers) == {"traceparent": PARENT, "tracestate": "a=b"}


def test_the_last_of_repeated_headers_counts() -> None:
    assert carried((("traceparent", b"first"), ("traceparent", b"last"))) == {"traceparent": "last"}


@pytest.mark.parametrize("value", [None, b"", b"\xff", "ü".encode(), b"0" * 513])
def test_what_can_be_no_trace_context_counts_as_not_there(value: bytes | None) -> None:
    assert carried((("traceparent", value), ("tracestate", b"a=b"))) == {}
    assert not carried((("traceparent", PARENT.encode()), ("tracestate", value)))["tracestate"]


def test_a_state_without_a_parent_is_nothing() -> None:
    assert carried((("tracestate", b"a=b"),)) == {}


def test_another_context_takes_the_place_of_the_one_that_came() -> None:
    before = (("traceparent", b"1"), ("x", None), ("tracestate", b"2"), ("traceparent", b"3"))
    assert with_trace(before, TraceContext("new", "a=b")) == (
        ("traceparent", b"new"),
        ("tracestate", b"a=b"),
        ("x", None),
    )
    assert with_trace(before, TraceContext("new")) == (("traceparent", b"new"), ("x", None))


_NAMES = st.sampled_from(["traceparent", "tracestate", "Traceparent", "x"])


@given(st.lists(st.tuples(_NAMES, st.none() | st.binary(max_size=600))).map(tuple))
def test_no_header_does_harm(headers: Headers) -> None:
    for value in carried(headers).values():
        assert value.isascii()
        assert len(value) <= 512


def test_a_replay_goes_on_with_the_trace_of_its_dead_letter() -> None:
    record = audit_record()
    letter = dead_letter_headers(record, with_trace((("x", b"y"),), TraceContext(PARENT, "a=b")))
    origin = Origin(record.pipeline, record.mapping, Position("segment-events", 0, 7))
    replay = replay_headers(origin, Rank(1, 1), record.decided_at, letter)
    assert carried(replay) == {"traceparent": PARENT, "tracestate": "a=b"}
    assert ("x", b"y") in replay
