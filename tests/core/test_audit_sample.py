from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.audit import AuditRecord, OutcomeKind
from pipeline.core.audit_sample import sample
from tests.support.audit_entries import AT, audit_record

ENDS = st.sampled_from([(kind, reason) for kind in OutcomeKind for reason in ("one", "another")])


@st.composite
def some_record(draw: st.DrawFn) -> AuditRecord:
    outcome, reason = draw(ENDS)
    return audit_record(
        outcome=outcome,
        reason=reason,
        mapping=draw(st.sampled_from(["Track Calls", "Orders"])),
        decided_at=AT[:-4] + f"{draw(st.integers(0, 999)):03}Z",
    )


@given(st.lists(some_record(), max_size=60), st.integers(1, 30))
def test_a_sample_is_of_the_records_as_large_as_asked_and_in_order(
    records: list[AuditRecord], rows: int
) -> None:
    chosen = sample(records, rows)
    assert len(chosen) == min(rows, len(records))
    assert {id(record) for record in chosen} <= {id(record) for record in records}
    assert len({id(record) for record in chosen}) == len(chosen)
    assert [record.decided_at for record in chosen] == sorted(record.decided_at for record in chosen)


@given(st.lists(some_record(), min_size=1, max_size=60))
def test_every_way_to_end_is_shown_where_there_is_room(records: list[AuditRecord]) -> None:
    ends = {(record.outcome, record.reason) for record in records}
    assert {(record.outcome, record.reason) for record in sample(records, len(ends))} == ends


def test_a_rare_end_is_shown_among_many_others() -> None:
    many = [audit_record(message_id=str(number)) for number in range(500)]
    refused = audit_record(outcome=OutcomeKind.FAILED, reason="refused")
    assert refused in sample([*many, refused, *many], 2)
