"""The quick line of what was delivered or filtered says byte for byte what its record would."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.audit import encode
from pipeline.core.commit import Opening
from pipeline.core.flow import LONGEST_SUMMARY_TEXT
from pipeline.core.outcome import (
    Attempts,
    Decided,
    Deliverable,
    Delivered,
    EventSummary,
    Expired,
    Failed,
    Filtered,
    Lost,
    Outcome,
    Reason,
    Rejected,
    Stage,
)
from pipeline.core.published_text import LONGEST
from pipeline.core.record import Position, Record, TopicPartition
from pipeline.engine.accounting import Author, audit_record
from pipeline.engine.assignment import Assignment, Entry
from pipeline.engine.audit_line import AuditLines

TEXTS = st.text(max_size=LONGEST_SUMMARY_TEXT)
ANY_TEXTS = st.text(st.characters(exclude_categories=()), max_size=40)
"""Lone surrogates among them."""
NUMBERS = st.integers(0, 2**53)
MOMENTS = st.integers(0, 4_102_444_800_000)

SUMMARIES = st.builds(EventSummary, *[st.none() | TEXTS] * 4)
LATENCIES = st.floats(0, 1e9).map(lambda found: round(found, 1))
ATTEMPTS = st.builds(
    Attempts,
    NUMBERS,
    NUMBERS,
    st.none() | st.integers(100, 599),
    LATENCIES,
    MOMENTS,
    MOMENTS,
    st.booleans(),
    st.booleans(),
)
PARTS = st.builds(Deliverable, ANY_TEXTS, ANY_TEXTS, st.just(b"{}"), st.just(()), st.booleans())
QUICK = st.one_of(
    st.builds(Delivered, PARTS, ATTEMPTS, st.booleans()),
    st.builds(Filtered, st.sampled_from(Reason), ANY_TEXTS, st.none() | ANY_TEXTS, st.none() | ANY_TEXTS),
)
DELIVERED = Delivered(
    Deliverable("Track", "logEvent", b"{}", (), has_visitor_code=True),
    Attempts(1, 0, 200, 1.5, 0, 0, is_doubtful=False, may_have_arrived=True),
    possible_duplicate=False,
)
PLACE = TopicPartition("segment-events", 0)
AUTHOR = Author("kameleoon", "worker-1", "abcdef012345")


def entry(
    summary: EventSummary,
    *,
    place: TopicPartition = PLACE,
    opening: Opening | None = None,
    offset: int = 0,
    timestamp_ms: int = 0,
    replay_of: Position | None = None,
) -> Entry:
    assignment = Assignment(place, opening or opened(1, 1), 10)
    record = Record(*place, offset, timestamp_ms, None, b"{}", ())
    decided = Decided(summary, (DELIVERED.part,), replay_of)
    return Entry(assignment, record, decided, identities=(), inherited=False)


def opened(pass_: int, epoch: int) -> Opening:
    return Opening(0, pass_, epoch, inherited_window=0, inherited_end=0, audit_from=0)


@given(
    SUMMARIES,
    st.builds(TopicPartition, st.text("az-._", min_size=1), NUMBERS),
    st.builds(opened, NUMBERS, NUMBERS),
    st.builds(Author, TEXTS, TEXTS, TEXTS),
    st.tuples(NUMBERS, st.integers(-1, 2**53), st.integers(0, 49), MOMENTS),
    QUICK,
)
def test_a_line_is_what_its_record_is_written_as(
    summary: EventSummary,
    place: TopicPartition,
    opening: Opening,
    author: Author,
    numbers: tuple[int, int, int, int],
    outcome: Outcome,
) -> None:
    offset, timestamp_ms, index, decided_at_ms = numbers
    of = entry(summary, place=place, opening=opening, offset=offset, timestamp_ms=timestamp_ms)

    line = AuditLines(author).line(of, index, outcome, decided_at_ms)

    assert line == encode(audit_record(author, of, index, outcome, decided_at_ms))


def test_no_text_of_a_line_has_to_be_cut() -> None:
    assert LONGEST_SUMMARY_TEXT <= LONGEST


def test_lines_of_one_assignment_do_not_stand_for_those_of_another() -> None:
    lines = AuditLines(AUTHOR)
    summary = EventSummary("m-1", "track", "Order", None)
    places = [PLACE, TopicPartition("segment-events", 1)]
    of = [entry(summary, place=place, offset=at) for at, place in enumerate([*places, *places])]

    written = [lines.line(each, 0, DELIVERED, 0) for each in of]

    assert written == [encode(audit_record(AUTHOR, each, 0, DELIVERED, 0)) for each in of]


def test_what_needs_its_record_has_no_line() -> None:
    lines = AuditLines(AUTHOR)
    summary = EventSummary("m-1", "track", "Order", None)
    part, attempts = DELIVERED.part, DELIVERED.attempts
    for outcome in (
        Rejected(Stage.MAP, Reason.MAPPING_FAILED, "why", "Track", "logEvent"),
        Failed(part, Reason.REFUSED, "400", attempts, possible_duplicate=False),
        Expired(part, "too old", None, possible_duplicate=False),
        Lost(1, 2),
    ):
        assert lines.line(entry(summary), 0, outcome, 0) is None
    replayed = entry(summary, replay_of=Position("segment-events", 0, 7))
    assert lines.line(replayed, 0, DELIVERED, 0) is None
