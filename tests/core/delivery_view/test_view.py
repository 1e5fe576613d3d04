"""The view: which records count, the newest of them, and one event's way."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.audit import OutcomeKind, Position, SourcePosition
from pipeline.core.delivery_view.history import History, Seen
from pipeline.core.delivery_view.minutes import MINUTE_MS
from pipeline.core.delivery_view.report import WINDOWS, Only
from pipeline.core.delivery_view.view import NEWEST_HELD, DeliveryView, Wanted
from tests.support.audit_entries import assignment_marker, audit_record

NOW_MS = 1_795_428_012_345
ALL = Wanted(Only())


def test_records_of_a_worker_that_had_lost_its_partition_do_not_count() -> None:
    view = DeliveryView()
    for entry in (audit_record(), assignment_marker(epoch=2), audit_record(), audit_record(epoch=2), None):
        view.add(entry, NOW_MS, NOW_MS)
    assert view.report(WINDOWS["15m"], Only(), NOW_MS).total == 2
    assert (view.read, view.void, view.foreign) == (5, 1, 1)
    assert len(view.event("order-1")) == 2


def test_a_view_of_one_pipeline_holds_no_other() -> None:
    view = DeliveryView("mine")
    for pipeline in ("mine", "other"):
        view.add(audit_record(pipeline=pipeline), NOW_MS, NOW_MS)
    assert [seen.record.pipeline for seen in view.latest(10, ALL)] == ["mine"]


@given(st.lists(st.integers(0, 10_000), max_size=60), st.integers(1, 20))
def test_the_history_holds_the_newest_and_finds_each_of_them(times: list[int], limit: int) -> None:
    history = History(limit)
    seen = [
        Seen(at_ms, number, audit_record(message_id=f"m-{number % 5}")) for number, at_ms in enumerate(times)
    ]
    for each in seen:
        history.add(each)
    newest = sorted(seen, reverse=True)[:limit]
    assert history.search("m-", 100) == newest
    for key in {f"m-{number}" for number in range(5)}:
        assert list(history.of(key)) == sorted(each for each in newest if each.record.message_id == key)
    assert len(history.newest) == len(newest)


def test_the_live_stream_holds_the_newest_whatever_partition_is_read_first() -> None:
    view = DeliveryView()
    for partition in (0, 1):
        for number in range(NEWEST_HELD):
            at_ms = NOW_MS - (NEWEST_HELD - number) * 2 - partition
            source = SourcePosition("segment-events", partition, number, 0)
            view.add(audit_record(source=source), at_ms, NOW_MS)
    times = [seen.at_ms for seen in view.latest(2 * NEWEST_HELD, ALL)]
    assert times == [NOW_MS - 2 - number for number in range(NEWEST_HELD)]


def test_the_live_stream_is_narrowed() -> None:
    view = DeliveryView()
    for name in ("A", None):
        view.add(audit_record(event_name=name), NOW_MS, NOW_MS)
    view.add(audit_record(outcome=OutcomeKind.FILTERED, mapping=None), NOW_MS, NOW_MS)
    found = [
        len(view.latest(10, wanted))
        for wanted in (
            Wanted(Only(event="A")),
            Wanted(Only(event="(track)")),
            Wanted(Only(mapping="(none)")),
            Wanted(Only(), OutcomeKind.FILTERED),
            Wanted(Only(reason="other")),
        )
    ]
    assert found == [1, 1, 1, 1, 0]


def test_an_event_without_an_id_is_found_by_where_it_first_stood() -> None:
    view = DeliveryView()
    view.add(audit_record(message_id=None), NOW_MS, NOW_MS)
    again = SourcePosition("kameleoon-replays", 0, 0, 0)
    origin = Position("segment-events", 0, 7)
    view.add(audit_record(message_id=None, source=again, replay_of=origin), NOW_MS, NOW_MS)
    assert len(view.event("segment-events-0@7")) == 2


def test_a_forged_time_in_the_future_counts_as_now() -> None:
    view = DeliveryView()
    view.add(audit_record(), NOW_MS + 10**12, NOW_MS)
    view.add(audit_record(), NOW_MS, NOW_MS)
    assert [seen.record.part for seen in view.latest(2, ALL)] == [1, 1]
    assert view.latest(1, ALL)[0].number == 2
    assert view.report(WINDOWS["15m"], Only(), NOW_MS + MINUTE_MS).total == 2
    assert view.searchable_from_ms == NOW_MS


def test_long_texts_are_cut() -> None:
    view = DeliveryView()
    long = "x" * 100_000
    record = audit_record(detail=long, message_id=long, event_name=long, worker=long, mapping=long)
    view.add(record, NOW_MS, NOW_MS)
    (seen,) = view.latest(1, ALL)
    told = (seen.record.detail, seen.record.message_id, seen.record.event_name, seen.record.worker)
    assert {len(text or "") for text in told} == {1024}
