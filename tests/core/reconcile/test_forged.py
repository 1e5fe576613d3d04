"""Whatever stands on the audit topic, the books are closed: no forged record makes `reconcile` fail."""

from dataclasses import dataclass
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.audit import SourcePosition, encode
from pipeline.core.commit import CommitMetadata, Committed
from pipeline.core.reconcile.account import Bounds
from pipeline.core.reconcile.accounts import Accounts
from pipeline.core.reconcile.asked import Span
from pipeline.core.reconcile.judge import Judge
from pipeline.core.reconcile.scope import plan_scope
from pipeline.core.record import TopicPartition
from tests.support.audit_entries import assignment_marker, audit_record

SOURCE = TopicPartition("segment-events", 0)
END = 20
_WHOLE = [
    encode(assignment_marker()),
    encode(audit_record()),
    encode(audit_record(outcome="lost", lost_through=9)),
    encode(audit_record(replay_of=SourcePosition("segment-events", 0, 3, 0))),
]
_ODD: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, True, "x", 0.5, -1, 0, 1, 2, 7, 9, 2**31, 2**63 - 1, 2**64 - 1]),
    st.text(max_size=3),
    st.builds(list),
    st.builds(dict),  # a new one each time: the same one twice could come to stand within itself
)
_TOP = (
    "schema",
    "source",
    "pass",
    "epoch",
    "part",
    "parts",
    "mapping",
    "outcome",
    "lost_through",
    "pipeline",
)
_INNER = ("source.offset", "source.partition", "source.topic", "replay_of", "replay_of.partition", "position")
_PLACES = st.sampled_from((*_TOP, *_INNER))


@dataclass(frozen=True)
class Standing:
    offset: int
    value: bytes | None
    partition: int = 0
    timestamp: int = 0


@st.composite
def forged(draw: st.DrawFn) -> bytes:
    fields = orjson.loads(draw(st.sampled_from(_WHOLE)))
    for place in draw(st.lists(_PLACES, max_size=3)):
        outer, _, inner = place.partition(".")
        holder = fields.get(outer) if inner else fields
        if isinstance(holder, dict):
            holder[inner or outer] = draw(_ODD)
    return orjson.dumps(fields)


@given(st.lists(st.one_of(forged(), st.binary(max_size=10), st.none()), max_size=12), st.sampled_from([1, 9]))
@settings(max_examples=300, deadline=None)
def test_the_books_close_over_anything(values: list[bytes | None], pass_: int) -> None:
    accounts = Accounts("kameleoon-abcdefghij", {SOURCE: Bounds(0, END)})
    accounts.begins_at(0, 0)
    accounts.take(0, [Standing(offset, value) for offset, value in enumerate(values)])
    metadata = CommitMetadata(pass_, pass_, is_open=False, window=0, audit_topic="a", audit_from=0)

    for to_end in (False, True):
        account = accounts.of[SOURCE]
        scope = plan_scope(
            account, Span(0, END), accounts.kept[0], Committed(END, metadata.encode()), to_end=to_end
        )
        judge = Judge(SOURCE, account, scope)
        judge.take([Standing(offset, b"") for offset in range(END)])
        report = judge.finish()
        assert report.complete + report.too_old + report.counts.total() >= report.records
        assert report.records == END or not report.is_clean or report.note or report.begin
