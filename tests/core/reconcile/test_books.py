"""The books find exactly what a naive model finds, whatever the audit topic tells and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.audit import AssignmentMarker, AuditEntry, AuditRecord, SourcePosition, encode
from pipeline.core.reconcile.account import Bounds, PartitionAccount
from pipeline.core.reconcile.accounts import Accounts
from pipeline.core.reconcile.asked import Span
from pipeline.core.reconcile.findings import PartitionReport
from pipeline.core.reconcile.judge import Judge
from pipeline.core.reconcile.offset_states import BLOCK
from pipeline.core.reconcile.reading import Told
from pipeline.core.reconcile.scope import Kept, Scope, plan_scope
from pipeline.core.record import TopicPartition
from tests.support.audit_entries import assignment_marker, audit_record
from tests.support.reconcile_model import Stood, truth

SOURCE = TopicPartition("segment-events", 0)
PIPELINE = "kameleoon-abcdefghij"
FIRST = BLOCK - 5
"""Offsets begin shortly before the border of two blocks."""
MAPPINGS = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Value:
    """A record of the audit topic."""

    offset: int
    value: bytes | None
    partition: int = 0
    timestamp: int = 0


def outcome(offset: int, mapping: str | None, part: int, parts: int, **changes: object) -> AuditRecord:
    source = SourcePosition(SOURCE.topic, SOURCE.partition, offset, 0)
    return audit_record(source=source, mapping=mapping, part=part, parts=parts, **changes)


def close(
    entries: Sequence[AuditEntry],
    stood: Sequence[Stood],
    span: Span,
    wanted: int | None = None,
    chunks: int = 3,
) -> PartitionReport:
    """What the books say of partition 0 when these entries are read."""
    accounts = Accounts(PIPELINE, {SOURCE: Bounds(span.begin, span.end, wanted)})
    accounts.begins_at(0, 0)
    values = [Value(offset, encode(entry)) for offset, entry in enumerate(entries)]
    for start in range(0, len(values), chunks):
        accounts.take(0, values[start : start + chunks])
    account = accounts.of[SOURCE]
    scope = plan_scope(account, span, Kept(), None, to_end=True)
    judge = Judge(SOURCE, account, scope, most_findings=1000)
    for start in range(0, len(stood), chunks):
        judge.take(stood[start : start + chunks])
    return judge.finish()


offsets = st.integers(FIRST, FIRST + 11)
inputs = st.sets(offsets, max_size=12).map(lambda found: [Stood(offset) for offset in sorted(found)])


@st.composite
def told_at_random(draw: st.DrawFn) -> list[AuditEntry]:
    """Anything at all: epochs in any order, numbers that fit or not."""
    entries: list[AuditEntry] = []
    few = st.integers(FIRST + 3, FIRST + 3 + draw(st.integers(0, 4)))
    for _ in range(draw(st.integers(0, 25))):
        epoch = draw(st.sampled_from([1, 2, 3, 4, 4, 4, 4]))
        pass_ = 1 if epoch <= 2 else 3
        if draw(st.integers(0, 9)) == 0:
            position = draw(st.integers(FIRST, FIRST + 4))
            entries.append(assignment_marker(epoch=epoch, pass_=pass_, position=position))
        else:
            parts = draw(st.sampled_from([1, 2, 3, 3, 4]))
            mapping, part = draw(st.sampled_from([None, *MAPPINGS])), draw(st.integers(0, 4))
            entries.append(outcome(draw(few), mapping, part, parts, epoch=epoch, pass_=pass_))
    return entries


@st.composite
def told_by_workers(draw: st.DrawFn, stood: Sequence[Stood]) -> list[AuditEntry]:
    """Workers one after the other, each with mappings of its own, each killed somewhere; the last is not."""
    known: dict[int, list[AuditRecord]] = {record.offset: [] for record in stood}
    entries: list[AuditEntry] = []
    last = draw(st.integers(1, 4))
    for epoch in range(1, last + 1):
        entries.append(assignment_marker(epoch=epoch, pass_=1, position=FIRST))
        plan: list[str | None] = [*draw(st.lists(st.sampled_from(MAPPINGS), unique=True, max_size=3))] or [
            None
        ]
        todo = [one for offset, told in known.items() for one in _remaining(offset, told, plan, epoch)]
        todo = draw(st.permutations(todo))
        for one in todo if epoch == last else todo[: draw(st.integers(0, len(todo)))]:
            known[one.source.offset].append(one)
            entries.append(one)
    return entries


def _remaining(
    offset: int, told: Sequence[AuditRecord], plan: Sequence[str | None], epoch: int
) -> list[AuditRecord]:
    """What a worker with this plan has still to tell of a record: the law, in its own words."""
    if told and len(told) == told[-1].parts:
        return []
    names = [mapping for mapping in plan if mapping not in {one.mapping for one in told}] or [None]
    total = len(told) + len(names)
    free = [part for part in range(1, total + len(told) + 1) if part not in {one.part for one in told}]
    return [outcome(offset, name, part, total, epoch=epoch) for name, part in zip(names, free, strict=False)]


def check(entries: Sequence[AuditEntry], stood: Sequence[Stood], wanted: int | None = None) -> dict[int, str]:
    """Compare with the model; what is wrong."""
    span = Span(FIRST, FIRST + 12)
    report = close(entries, stood, span, wanted)
    expected = truth(entries, stood, span.begin, span.end, wanted)
    found = {finding.offset: finding.kind for finding in report.findings}
    assert (report.pass_, found) == (expected.pass_, expected.wrong)
    assert report.counts.total() == len(found)
    judged = [record for record in stood if record.offset >= report.begin]
    wrong_records = sum(record.offset in found for record in judged)
    assert (report.records, report.complete) == (len(judged), len(judged) - wrong_records)
    return {offset: str(kind) for offset, kind in found.items()}


@given(told_at_random(), inputs, st.sampled_from([None, None, 1, 3, 7]))
def test_whatever_is_told_is_found_as_the_model_finds_it(
    entries: list[AuditEntry], stood: list[Stood], wanted: int | None
) -> None:
    check(entries, stood, wanted)


@given(st.data(), inputs)
def test_what_workers_tell_by_the_law_is_clean_whatever_changes_between_them(
    data: st.DataObject, stood: list[Stood]
) -> None:
    assert check(data.draw(told_by_workers(stood)), stood) == {}


@given(st.data(), inputs.filter(bool))
def test_one_outcome_less_or_once_more_is_found_at_its_record(
    data: st.DataObject, stood: list[Stood]
) -> None:
    entries = data.draw(told_by_workers(stood))
    told = [index for index, entry in enumerate(entries) if isinstance(entry, AuditRecord)]
    index = data.draw(st.sampled_from(told))
    victim = entries[index]
    assert isinstance(victim, AuditRecord)
    if data.draw(st.booleans()):
        del entries[index]
    else:
        entries.insert(data.draw(st.integers(index + 1, len(entries))), replace(victim, epoch=9))
    assert check(entries, stood).keys() >= {victim.source.offset}


@given(st.data(), inputs)
def test_the_same_outcomes_of_a_worker_that_lost_its_partition_are_void(
    data: st.DataObject, stood: list[Stood]
) -> None:
    entries = data.draw(told_by_workers(stood))
    late = [replace(entry, epoch=0) for entry in entries if isinstance(entry, AuditRecord)]
    span = Span(FIRST, FIRST + 12)
    report = close([*entries, *late], stood, span)
    assert (report.is_clean, report.void) == (True, len(late))


def test_markers_alone_make_nothing_missing_below_them() -> None:
    entries: list[AuditEntry] = [assignment_marker(epoch=5, pass_=5, position=FIRST + 3)]
    assert isinstance(entries[0], AssignmentMarker)
    assert check(entries, [Stood(FIRST + 2), Stood(FIRST + 3)]) == {FIRST + 3: "missing"}


def test_what_is_of_others_or_out_of_place_does_not_count() -> None:
    accounts = Accounts(PIPELINE, {SOURCE: Bounds(0, 10)})
    for partition in (0, 1):
        accounts.begins_at(partition, 0)
    told = [outcome(1, "A", 1, 1), outcome(2, "A", 1, 1, pipeline="another")]
    accounts.take(0, [Value(offset, encode(entry)) for offset, entry in enumerate(told)])
    accounts.take(0, [Value(2, b"?"), Value(3, None)])
    accounts.take(1, [Value(0, encode(outcome(3, "A", 1, 1)))])

    assert (accounts.complete, accounts.foreign, accounts.misplaced, accounts.values) == (1, 2, 1, 5)


def test_where_memory_ends_the_account_ends_and_says_so() -> None:
    """Of eleven records that wait for a second outcome, with room for ten, the lower half is judged."""
    account = PartitionAccount(Bounds(0, 100), most_half_told=10)
    half = [Told(PIPELINE, *SOURCE, offset, 1, 1, "A", 1, 2) for offset in range(0, 22, 2)]
    for told in half:
        account.take(told, 0)
    scope = plan_scope(account, Span(0, 100), Kept(), None, to_end=True)
    judge = Judge(SOURCE, account, scope)
    judge.take([Stood(offset) for offset in range(30)])
    report = judge.finish()

    assert (report.end, report.is_whole, report.is_clean) == (10, False, False)
    assert report.counts == {"incomplete": 5, "missing": 5}
    assert "offsets from 10 on were not judged" in report.note


def test_a_record_that_is_said_to_be_lost_and_is_there_is_a_contradiction() -> None:
    account = PartitionAccount(Bounds(0, 100))
    account.take(Told(PIPELINE, *SOURCE, 2, 1, 1, None, 1, 1, lost_through=4), 0)
    account.take(Told(PIPELINE, *SOURCE, 2, 1, 1, None, 1, 1, lost_through=6), 0)
    judge = Judge(SOURCE, account, Scope(0, 8))
    judge.removed(5)
    judge.take([Stood(6)])
    report = judge.finish()

    assert (report.lost, report.removed) == (5, 5)
    assert [(finding.offset, finding.kind) for finding in report.findings] == [(6, "contradictory")]
