"""Counts by minute: nothing is lost among them, whatever names senders invent, and memory is bounded."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.audit import AuditRecord, OutcomeKind, Position, SourcePosition
from pipeline.core.delivery_view.minute import OTHERS, Minute
from pipeline.core.delivery_view.minutes import MINUTE_MS, MINUTES_HELD, Minutes
from pipeline.core.delivery_view.report import WINDOWS, Only, report
from pipeline.core.outcome import Reason, Stage
from tests.support.audit_entries import audit_record

NOW_MS = 1_795_428_012_345
_RECORDS = st.builds(
    audit_record,
    outcome=st.sampled_from(sorted(set(OutcomeKind) - {OutcomeKind.LOST})),
    reason=st.sampled_from([*Reason, "of_a_newer_worker"]),
    stage=st.sampled_from(Stage),
    event_name=st.none() | st.text(max_size=3),
    type=st.none() | st.sampled_from(["track", "page"]),
    mapping=st.none() | st.sampled_from(["A", "B"]),
    part=st.integers(1, 2),
)
_AGES_MS = st.integers(-(2**40), MINUTES_HELD * MINUTE_MS * 2)


@given(st.lists(st.tuples(_RECORDS, _AGES_MS)))
def test_every_outcome_of_the_window_is_in_each_of_its_sums(written: list[tuple[AuditRecord, int]]) -> None:
    minutes = Minutes()
    for record, age_ms in written:
        minutes.add(record, NOW_MS - age_ms, NOW_MS)
    for window in WINDOWS.values():
        begin_ms = (NOW_MS // MINUTE_MS + 1 - window.spans * window.minutes_each) * MINUTE_MS
        expected = sum(NOW_MS - age_ms >= begin_ms for _, age_ms in written)
        found = report(minutes.spans(NOW_MS, window.spans, window.minutes_each), Only())
        assert found.total == sum(found.outcomes.values()) == expected
        assert sum(row.total for row in found.by_event) == expected
        assert sum(row.total for row in found.by_mapping) == expected
        assert sum(row.count for row in found.by_reason) == expected
        assert sum(sum(bar.outcomes.values()) for bar in found.bars) == expected


@given(st.lists(_RECORDS), st.sampled_from(["A", "B"]))
def test_a_narrowed_report_is_the_report_of_what_it_is_narrowed_to(
    written: list[AuditRecord], mapping: str
) -> None:
    minutes, own = Minutes(), Minutes()
    for record in written:
        minutes.add(record, NOW_MS, NOW_MS)
        if record.mapping == mapping:
            own.add(record, NOW_MS, NOW_MS)
    narrowed = report(minutes.spans(NOW_MS, 15, 1), Only(mapping=mapping))
    alone = report(own.spans(NOW_MS, 15, 1), Only())
    assert (narrowed.outcomes, narrowed.by_event, set(narrowed.by_reason)) == (
        alone.outcomes,
        alone.by_event,
        set(alone.by_reason),
    )


def test_ever_new_names_are_counted_as_others() -> None:
    minute = Minute()
    for number in range(5000):
        minute.add(audit_record(event_name=f"n-{number}"))
    assert len(minute.counts) <= 251
    assert minute.counts.total() == 5000
    assert sum(count for key, count in minute.counts.items() if key.event == OTHERS) == 4900


def test_ever_new_reasons_and_mappings_are_bounded_too() -> None:
    minute = Minute()
    for number in range(5000):
        minute.add(audit_record(reason=f"r-{number}", mapping=f"m-{number}"))
    assert len(minute.counts) <= 501
    assert minute.counts.total() == 5000


def test_minutes_older_than_a_day_are_forgotten() -> None:
    minutes = Minutes()
    for number in range(3 * MINUTES_HELD):
        now_ms = NOW_MS + number * MINUTE_MS
        minutes.add(audit_record(), now_ms, now_ms)
        assert len(minutes) <= MINUTES_HELD


def test_events_are_counted_once_and_replays_apart() -> None:
    minutes = Minutes()
    replay = audit_record(replay_of=Position("segment-events", 0, 7), possible_duplicate=True)
    for record in (audit_record(part=1, parts=2), audit_record(part=2, parts=2), replay):
        minutes.add(record, NOW_MS, NOW_MS)
    found = report(minutes.spans(NOW_MS, 15, 1), Only())
    assert (found.total, found.events, found.replays, found.possible_duplicates) == (3, 1, 1, 1)


def test_a_lost_outcome_counts_as_the_records_it_tells_of() -> None:
    minutes = Minutes()
    source = SourcePosition("segment-events", 0, 100, 0)
    minutes.add(audit_record(outcome=OutcomeKind.LOST, source=source, lost_through=149), NOW_MS, NOW_MS)
    assert report(minutes.spans(NOW_MS, 15, 1), Only()).outcomes[OutcomeKind.LOST] == 50


def test_latencies_are_those_of_deliveries_alone() -> None:
    minutes = Minutes()
    minutes.add(audit_record(), NOW_MS, NOW_MS)
    minutes.add(audit_record(outcome=OutcomeKind.FAILED), NOW_MS - MINUTE_MS, NOW_MS)
    found = report(minutes.spans(NOW_MS, 15, 1), Only())
    assert found.latency.longest == 12.5
    assert [bar.p50 is not None for bar in found.bars[-2:]] == [False, True]


def test_of_many_names_the_commonest_have_a_row_of_their_own() -> None:
    minutes = Minutes()
    for number in range(150):
        at_ms = NOW_MS - number // 50 * MINUTE_MS
        for _ in range(2 if number == 149 else 1):
            minutes.add(audit_record(event_name=f"n-{number}"), at_ms, NOW_MS)
    rows = report(minutes.spans(NOW_MS, 15, 1), Only()).by_event
    assert (rows[0].name, rows[0].total) == ("n-149", 2)
    assert (rows[-1].name, rows[-1].total) == (OTHERS, 50)
