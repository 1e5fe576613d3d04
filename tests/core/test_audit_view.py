from pipeline.core.audit import SourcePartition, SourcePosition
from pipeline.core.audit_view import Fences
from tests.support.audit_entries import assignment_marker, audit_record


def test_a_record_of_an_epoch_before_the_marker_is_void() -> None:
    fences = Fences()
    admitted = [
        fences.admits(audit_record(epoch=1)),
        fences.admits(assignment_marker(epoch=2)),
        fences.admits(audit_record(epoch=1)),
        fences.admits(audit_record(epoch=2)),
    ]

    assert admitted == [True, True, False, True]


def test_a_marker_of_a_lower_epoch_does_not_lower_the_fence() -> None:
    fences = Fences()
    fences.admits(assignment_marker(epoch=3))

    assert not fences.admits(assignment_marker(epoch=2))
    assert not fences.admits(audit_record(epoch=2))


def test_a_fence_stands_for_one_pipeline_and_one_source_partition() -> None:
    fences = Fences()
    fences.admits(assignment_marker(epoch=9))

    assert fences.admits(audit_record(epoch=1, pipeline="another"))
    assert fences.admits(audit_record(epoch=1, source=SourcePosition("segment-events", 1, 0, 0)))
    assert fences.admits(audit_record(epoch=1, source=SourcePosition("kameleoon-replays", 0, 0, 0)))
    assert fences.admits(assignment_marker(epoch=1, source=SourcePartition("segment-events", 1)))


def test_without_a_marker_every_record_counts() -> None:
    fences = Fences()

    assert fences.admits(audit_record(epoch=5))
    assert fences.admits(audit_record(epoch=4))
