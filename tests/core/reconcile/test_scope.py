"""How far the books reach, for every way in which a group may have committed."""

from pipeline.core.commit import CommitMetadata, Committed, LogRange
from pipeline.core.reconcile.account import Bounds, PartitionAccount
from pipeline.core.reconcile.asked import Asked, Span
from pipeline.core.reconcile.judge import Judge
from pipeline.core.reconcile.reading import Told, TookOver
from pipeline.core.reconcile.scope import Kept, Scope, plan_scope
from pipeline.core.record import TopicPartition

SPAN = Span(0, 100)
WHOLE = Kept()


def account(highest: int, wanted: int | None = None) -> PartitionAccount:
    """Pass 7 began at offset 10 and has told up to `highest`."""
    made = PartitionAccount(Bounds(0, 100, wanted))
    made.take_over(TookOver("p", "t", 0, 10, 7, 7))
    made.take(Told("p", "t", 0, highest, 7, 7, "A", 1, 1), 0)
    return made


def commit(offset: int, pass_: int = 7) -> Committed:
    metadata = CommitMetadata(pass_, 9, is_open=True, window=1, audit_topic="audit", audit_from=0)
    return Committed(offset, metadata.encode())


def test_a_pass_is_judged_from_its_beginning_to_its_commit() -> None:
    assert plan_scope(account(50), SPAN, WHOLE, commit(30), to_end=False) == Scope(10, 30)


def test_to_the_end_means_past_the_commit() -> None:
    assert plan_scope(account(50), SPAN, WHOLE, commit(30), to_end=True) == Scope(10, 100)


def test_no_commit_nothing_to_judge() -> None:
    scope = plan_scope(account(50), SPAN, WHOLE, None, to_end=False)
    assert (scope.begin, scope.end) == (10, 10)
    assert "no commit" in scope.note


def test_before_offsets_set_by_hand_take_effect_the_pass_is_judged_up_to_them() -> None:
    back = plan_scope(account(50), SPAN, WHOLE, Committed(20, ""), to_end=False)
    forward = plan_scope(account(50), SPAN, WHOLE, commit(80, pass_=8), to_end=False)
    assert (back.end, forward.end) == (20, 51)
    assert "the next pass begins at 20" in back.note


def test_a_pass_that_the_group_has_not_begun_is_not_believed() -> None:
    """Whoever forges a record of a later pass would hide all that is missing."""
    forged = account(50)
    forged.take(Told("p", "t", 0, 99, 2**64 - 1, 2**64 - 1, "A", 1, 1), 1)
    for to_end in (False, True):
        scope = plan_scope(forged, SPAN, WHOLE, commit(30), to_end=to_end)
        assert (scope.begin, scope.end, scope.is_doubtful) == (0, 0, True)
        assert not Judge(TopicPartition("t", 0), forged, scope).finish().is_clean
    assert "--pass 7" in scope.note
    asked = account(50, wanted=7)
    assert not plan_scope(asked, SPAN, WHOLE, commit(30), to_end=False).is_doubtful


def test_a_pass_that_was_asked_for_and_is_over_ends_with_its_last_outcome() -> None:
    scope = plan_scope(account(50, wanted=7), SPAN, WHOLE, commit(20, pass_=8), to_end=False)
    assert (scope.begin, scope.end) == (10, 51)


def test_nothing_told_of_what_was_committed_is_judged_all_the_same() -> None:
    """The audit topic was emptied: every record is missing."""
    silent = PartitionAccount(Bounds(0, 100))
    assert plan_scope(silent, SPAN, WHOLE, commit(30), to_end=False) == Scope(0, 30)


def test_where_the_beginning_of_the_audit_is_gone_older_records_are_not_judged() -> None:
    resumed = PartitionAccount(Bounds(0, 100))
    resumed.take_over(TookOver("p", "t", 0, 40, 7, 8))
    left = plan_scope(resumed, SPAN, Kept(5, 1000), commit(60), to_end=False)
    nothing_left = plan_scope(resumed, SPAN, Kept(5, None), commit(60), to_end=False)
    from_its_start = plan_scope(account(50), SPAN, Kept(5, 1000), commit(60), to_end=False)
    assert (left.begin, left.not_before_ms) == (0, 3_601_000)
    assert nothing_left.not_before_ms == float("inf")
    assert (from_its_start.begin, from_its_start.not_before_ms) == (10, float("-inf"))


def test_offsets_that_are_asked_for_leave_other_partitions_out() -> None:
    asked = Asked(pipeline="p", begin={1: 5}, end={1: 200, 2: 9})
    held = LogRange(3, 100)
    spans = [asked.span(number, held, None, None) for number in (0, 1, 2, None)]
    assert [(span.begin, span.end, span.is_empty) for span in spans] == [
        (0, 0, True),
        (5, 100, False),
        (0, 9, False),
        (0, 0, True),
    ]


def test_times_narrow_what_offsets_allow() -> None:
    asked = Asked(pipeline="p", begin={1: 5})
    assert asked.span(1, LogRange(0, 100), 7, 50) == Span(7, 50, 0)
    assert asked.span(1, LogRange(0, 100), 2, None) == Span(5, 100, 0)
