"""The law of the account: a record is accounted for when each of its parts came, once."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.accounted import Accounts, Lack
from pipeline.core.audit import AuditEntry, AuditRecord, Position, SourcePosition
from tests.support.audit_entries import assignment_marker, audit_record

PIPELINE = "kameleoon-abcdefghij"


def position(offset: int, partition: int = 0) -> Position:
    return Position("segment-events", partition, offset)


def outcome(at: Position, part: int = 1, parts: int = 1, **changes: object) -> AuditRecord:
    source = SourcePosition(at.topic, at.partition, at.offset, 0)
    return audit_record(source=source, part=part, parts=parts, **changes)


@dataclass(frozen=True)
class Told:
    """What becomes of an account: is it whole, and which lacks are named."""

    complete: int
    lacks: dict[Position, Lack]


def told(expected: list[Position], entries: list[AuditEntry | None]) -> Told:
    accounts = Accounts(expected, PIPELINE)
    for entry in entries:
        accounts.add(entry)
    lacks = {one.position: one.lack for one in accounts.unaccounted()}
    assert accounts.is_complete == (not lacks)
    return Told(accounts.complete, lacks)


PARTS_OF_EACH = st.dictionaries(
    st.builds(position, st.integers(0, 50), st.integers(0, 3)), st.integers(1, 4), min_size=1, max_size=20
)
"""How many outcomes each record has."""


@st.composite
def full_accounts(draw: st.DrawFn) -> tuple[list[Position], list[AuditRecord]]:
    """Some records and all their outcomes, in any order."""
    parts_of = draw(PARTS_OF_EACH)
    whole = [outcome(at, part, parts) for at, parts in parts_of.items() for part in range(1, parts + 1)]
    return list(parts_of), draw(st.permutations(whole))


@given(full_accounts())
def test_all_outcomes_in_any_order_make_a_full_account(
    case: tuple[list[Position], list[AuditRecord]],
) -> None:
    expected, whole = case
    assert told(expected, [*whole]) == Told(len(expected), {})


@given(full_accounts(), st.data())
def test_whatever_outcome_is_left_out_is_noticed_at_its_record(
    case: tuple[list[Position], list[AuditRecord]], data: st.DataObject
) -> None:
    expected, whole = case
    left_out = data.draw(st.sampled_from(whole))
    lack = Lack.MISSING if left_out.parts == 1 else Lack.INCOMPLETE

    found = told(expected, [one for one in whole if one is not left_out])

    assert found == Told(len(expected) - 1, {_at(left_out): lack})


@given(full_accounts(), st.data())
def test_whatever_outcome_comes_twice_is_noticed_at_its_record(
    case: tuple[list[Position], list[AuditRecord]], data: st.DataObject
) -> None:
    expected, whole = case
    again = data.draw(st.sampled_from(whole))
    place = data.draw(st.integers(0, len(whole)))

    found = told(expected, [*whole[:place], again, *whole[place:]])

    assert found == Told(len(expected) - 1, {_at(again): Lack.DOUBLE})


@given(full_accounts(), st.data())
def test_one_record_too_few_is_not_made_up_by_another_one_twice(
    case: tuple[list[Position], list[AuditRecord]], data: st.DataObject
) -> None:
    """The numbers agree, and the account does not."""
    expected, whole = case
    more = position(99)
    twice = data.draw(st.sampled_from(whole))

    found = told([*expected, more], [*whole, twice])

    assert found.lacks == {more: Lack.MISSING, _at(twice): Lack.DOUBLE}


def _at(record: AuditRecord) -> Position:
    return Position(record.source.topic, record.source.partition, record.source.offset)


@pytest.mark.parametrize(
    "entries, lack",
    [
        ([outcome(position(1), 1, 2), outcome(position(1), 2, 3)], Lack.CONTRADICTORY),
        ([outcome(position(1), 2, 1)], Lack.CONTRADICTORY),
        ([outcome(position(1), 0, 1)], Lack.CONTRADICTORY),
        ([outcome(position(1), pipeline="another")], Lack.MISSING),
        ([outcome(position(1), replay_of=position(0))], Lack.MISSING),
        ([assignment_marker(epoch=2), outcome(position(1), epoch=1)], Lack.MISSING),
        ([None, assignment_marker()], Lack.MISSING),
    ],
)
def test_what_does_not_make_an_account(entries: list[AuditEntry | None], lack: Lack) -> None:
    assert told([position(1)], entries) == Told(0, {position(1): lack})


def test_what_a_fenced_worker_told_again_does_not_count_as_double() -> None:
    at = position(1)
    entries: list[AuditEntry | None] = [outcome(at), assignment_marker(epoch=2), outcome(at)]
    assert told([at], entries) == Told(1, {})


def test_an_outcome_of_a_record_that_nobody_sent_is_named() -> None:
    sent, never_sent = position(1), position(2)
    found = told([sent], [outcome(sent), outcome(never_sent)])
    assert found == Told(1, {never_sent: Lack.UNEXPECTED})


def test_a_wrong_account_is_a_sentence() -> None:
    accounts = Accounts([position(7, 3)], PIPELINE)
    accounts.add(outcome(position(7, 3), 1, 2))
    assert [str(one) for one in accounts.unaccounted()] == [
        "segment-events partition 3 offset 7: incomplete, 1 of 2 outcomes"
    ]
