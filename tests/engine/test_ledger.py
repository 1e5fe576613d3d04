"""The watermark never passes an unsettled record, whatever is settled, revoked or crashes."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipeline.engine.ledger import Ledger


@dataclass
class _Outcome:
    """One record on the fake topics: how many parts it has, and where each stands on the audit topic.

    What stands there is not known to the worker before it is acknowledged.
    """

    parts: int
    audited_at: list[int] = field(default_factory=list)
    acknowledged: int = 0

    @property
    def is_settled(self) -> bool:
        return self.acknowledged == self.parts


class LedgerMachine(RuleBasedStateMachine):
    """A partition, its audit log, and the commit that survives a crash."""

    @initialize(begin=st.integers(0, 5))
    def take_over(self, begin: int) -> None:
        self.topic: dict[int, _Outcome] = {}
        self.next_offset = begin
        self.audit_end = 0
        self.markers: list[int] = []
        self.committed = (begin, 0, 0)
        self.ledger = Ledger(*self.committed)
        self.in_hand: list[int] = []
        self.appended: list[tuple[int, int]] = []
        self.known_end = 0

    @rule(gap=st.integers(0, 3), parts=st.integers(1, 3))
    def receive(self, gap: int, parts: int) -> None:
        offset = self.next_offset + gap
        self.next_offset = offset + 1
        self.topic[offset] = _Outcome(parts)
        self.ledger.receive(offset)
        self.in_hand.append(offset)

    @rule(data=st.data())
    def audit_a_part(self, data: st.DataObject) -> None:
        unaudited = [at for at in self.in_hand if len(self.topic[at].audited_at) < self.topic[at].parts]
        if unaudited:
            offset = data.draw(st.sampled_from(unaudited))
            self.topic[offset].audited_at.append(self.audit_end)
            self.appended.append((offset, self.audit_end))
            self.audit_end += 1

    @precondition(lambda self: self.appended)
    @rule()
    def acknowledge_the_oldest(self) -> None:
        offset, audit_offset = self.appended.pop(0)
        outcome = self.topic[offset]
        outcome.acknowledged += 1
        self.ledger.note_audited(offset, audit_offset)
        if outcome.is_settled:
            self.ledger.settle(offset)
            self.in_hand.remove(offset)

    @rule()
    def another_pipeline_audits(self) -> None:
        self.audit_end += 1

    @rule()
    def a_worker_raises_the_fence(self) -> None:
        self.markers.append(self.audit_end)
        self.ledger.note_marker(len(self.markers), self.audit_end)
        self.audit_end += 1

    @rule()
    def ask_where_the_audit_ends(self) -> None:
        self.known_end = self.audit_end

    @rule()
    def hear_where_the_audit_ends(self) -> None:
        """Things may have happened since the question."""
        self.ledger.note_audit_end(self.known_end)

    @rule()
    def commit(self) -> None:
        self.committed = (self.ledger.watermark, self.ledger.audit_from, self.ledger.fence)

    @rule()
    def crash(self) -> None:
        """The next worker has the commit and the audit from there on; records above come again."""
        position, audit_from, fence = self.committed
        self.ledger = Ledger(position, audit_from, fence)
        for epoch, at in enumerate(self.markers, 1):
            if at >= audit_from:
                self.ledger.note_marker(epoch, at)
        self.in_hand, self.appended = [], []
        for outcome in self.topic.values():
            outcome.acknowledged = len(outcome.audited_at)
        stands = sorted(
            (at, offset)
            for offset, outcome in self.topic.items()
            for at in outcome.audited_at
            if offset >= position
        )
        for at, offset in stands:
            assert at >= audit_from, "an outcome above the commit lies before the place to read from"
            self.ledger.note_audited(offset, at)
        for offset in sorted(offset for offset in self.topic if offset >= position):
            self.ledger.receive(offset)
            if self.topic[offset].is_settled:
                self.ledger.settle(offset)
            else:
                self.in_hand.append(offset)

    @invariant()
    def nothing_unsettled_below_the_watermark(self) -> None:
        for offset, outcome in self.topic.items():
            assert outcome.is_settled or offset >= self.ledger.watermark

    @invariant()
    def the_watermark_is_the_end_of_the_settled_run(self) -> None:
        unsettled = [offset for offset, outcome in self.topic.items() if not outcome.is_settled]
        if unsettled:
            assert self.ledger.watermark <= min(unsettled)
        elif self.topic:
            assert self.ledger.watermark == max(self.topic) + 1

    @invariant()
    def every_outcome_above_the_watermark_can_be_read_back(self) -> None:
        audit_from, watermark = self.ledger.audit_from, self.ledger.watermark
        for offset, outcome in self.topic.items():
            if offset >= watermark:
                assert all(at >= audit_from for at in outcome.audited_at)

    @invariant()
    def the_fence_is_that_of_all_markers_that_are_not_read_back(self) -> None:
        assert self.ledger.fence == sum(at < self.ledger.audit_from for at in self.markers)

    @invariant()
    def the_counts_are_right(self) -> None:
        above = [offset for offset in self.topic if offset >= self.ledger.watermark]
        assert self.ledger.spread == len(above)
        assert self.ledger.unsettled == len(self.in_hand)


LedgerMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=60)
TestLedger = LedgerMachine.TestCase


@pytest.mark.parametrize("offset", [4, 7, 6])
def test_an_offset_that_does_not_grow_is_a_bug(offset: int) -> None:
    ledger = Ledger(5, 0)
    ledger.receive(7)
    with pytest.raises(ValueError, match="out of order"):
        ledger.receive(offset)
