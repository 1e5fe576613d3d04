import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.audit import HttpExchange, OutcomeKind, Position
from pipeline.core.audit_summary import AuditSummary, Latencies
from pipeline.core.outcome import Reason
from tests.support.audit_entries import AT, assignment_marker, audit_record


def _summary(*entries: object, pipeline: str | None = None) -> AuditSummary:
    summary = AuditSummary(pipeline)
    for entry in entries:
        summary.add(entry)  # type: ignore[arg-type]  # each case gives what the topic may hold
    return summary


def test_records_are_counted_by_outcome_and_reason() -> None:
    filtered = audit_record(outcome=OutcomeKind.FILTERED, reason=Reason.NO_MAPPING_MATCHED)

    summary = _summary(audit_record(), filtered, audit_record(), filtered, filtered)

    assert summary.by_reason == {("delivered", "accepted"): 2, ("filtered", "no_mapping_matched"): 3}
    assert (summary.records, summary.outcomes(OutcomeKind.FILTERED)) == (5, 3)


def test_an_event_with_several_parts_is_one_event() -> None:
    summary = _summary(audit_record(part=1, parts=2), audit_record(part=2, parts=2))

    assert (summary.events, summary.records) == (1, 2)


def test_the_share_without_a_visitor_code_is_of_what_was_delivered() -> None:
    failed = audit_record(outcome=OutcomeKind.FAILED, has_visitor_code=False)

    summary = _summary(audit_record(), audit_record(has_visitor_code=False), audit_record(), failed)

    assert summary.share_without_visitor_code == pytest.approx(1 / 3)
    assert _summary(failed).share_without_visitor_code is None


def test_void_and_foreign_values_are_counted_apart() -> None:
    summary = _summary(assignment_marker(epoch=2), audit_record(epoch=1), None, audit_record(epoch=2))

    assert (summary.records, summary.void, summary.foreign) == (1, 1, 1)


def test_duplicates_and_replays_are_counted() -> None:
    summary = _summary(audit_record(possible_duplicate=True), audit_record(replay_of=Position("e", 0, 1)))

    assert (summary.possible_duplicates, summary.replays, summary.events) == (1, 1, 1)


def test_another_pipeline_is_passed_by_when_one_is_named() -> None:
    assert _summary(audit_record(pipeline="other"), audit_record(), pipeline="other").records == 1


def test_memory_stays_bounded_whatever_the_reasons() -> None:
    summary = _summary(*(audit_record(reason=f"reason-{number}") for number in range(1000)))

    assert len(summary.by_reason) <= 101
    assert summary.records == 1000


def test_without_latencies_there_is_no_percentile() -> None:
    assert (Latencies().percentile(0.5), Latencies().longest_ms) == (None, None)


def test_only_deliveries_count_for_latency() -> None:
    slow = HttpExchange(500, 1, 9000.0, AT, AT)

    summary = _summary(audit_record(), audit_record(outcome=OutcomeKind.FAILED, http=slow))

    assert summary.latencies.longest_ms == 12.5


@given(st.lists(st.floats(0.01, 1e6), min_size=1), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_percentile_is_right_within_one_percent(values: list[float], share: float) -> None:
    latencies = Latencies()
    for value in values:
        latencies.add(value)

    exact = sorted(values)[math.ceil(share * len(values)) - 1]

    assert latencies.percentile(share) == pytest.approx(exact, rel=0.011)
