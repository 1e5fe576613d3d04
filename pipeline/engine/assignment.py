"""One partition in this worker's hands, from the assignment to its release."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pipeline.core.audit import AuditRecord
from pipeline.core.commit import CommitMetadata, Opening
from pipeline.core.lost import Span, unaccounted
from pipeline.core.outcome import Decided, Deliverable, Outcome
from pipeline.core.record import Record, TopicPartition
from pipeline.engine.audited_parts import AuditedParts
from pipeline.engine.lanes import Lanes
from pipeline.engine.ledger import Ledger
from pipeline.ports import Journey


class Assignment:
    """The accounting of one partition: ledger, lanes, and what a predecessor left.

    `inherited_left` counts the unaudited records that a crashed predecessor may have sent and that
    were not received again yet. `ambiguous` counts unsettled entries of which an attempt, of this
    worker or of that predecessor, may have reached Kameleoon. `entries` are the unsettled ones by
    offset, never more than `window` of them: a successor doubts as many. What was received beyond
    waits in `waiting`, decided on already. `carried` are the entries that this same worker gave up
    unsettled. `setbacks` counts how often in a row it gave the partition up without getting any further.
    `journeys` are those of the records above that are traced, by offset.
    """

    def __init__(self, partition: TopicPartition, opening: Opening, window: int) -> None:
        self.partition = partition
        self.pass_ = opening.pass_
        self.epoch = opening.epoch
        self.ledger = Ledger(opening.position, opening.audit_from, opening.fence)
        self.lanes: Lanes[Entry] = Lanes()
        self.audited: dict[int, AuditedParts] = {}
        self.inherited_left = opening.inherited_window
        self._inherited_end = opening.inherited_end
        self.ambiguous = 0
        self.window = window
        self.entries: dict[int, Entry] = {}
        self.carried: dict[int, Entry] = {}
        self.waiting: deque[tuple[Record, Decided]] = deque()
        self.journeys: dict[int, Journey] = {}
        self.under_way = 0
        self.in_flight_bytes = 0
        self.is_closed = False
        self.is_given_up = False
        self.setbacks = 0
        self._settled_below = 0
        self._settled_before: frozenset[int] = frozenset()
        self._stuck_at = opening.position
        self._lost: list[Span] = []
        self._received: deque[tuple[int, float]] = deque()

    def continue_from(self, given_up: Self) -> None:
        """The same worker goes on: what it knows of its own sends takes the place of doubt.

        It knows as well what it has settled. If the audit does not tell of that any more, as a topic
        made anew does not, it will be sent again.
        """
        self.carried = given_up.carried | given_up.entries
        self._settled_below = max(given_up._settled_below, given_up.ledger.watermark)
        settled = given_up._settled_before | given_up.ledger.settled_ahead
        self._settled_before = frozenset(offset for offset in settled if offset >= self._settled_below)
        self.inherited_left = given_up.inherited_left
        self._inherited_end = given_up._inherited_end
        self.setbacks = given_up.setbacks + 1 if given_up.is_stuck else 1
        self._stuck_at = given_up.ledger.watermark

    def stands(self, audited: AuditRecord, audit_offset: int) -> None:
        """An outcome of this pass is on the audit topic already: it is not to be sent again."""
        offset = audited.source.offset
        if audited.lost_through is not None:
            self._lost.append((offset, audited.lost_through))
            self.ledger.note_audited(audited.lost_through, audit_offset)
            return
        found = self.audited.setdefault(offset, AuditedParts())
        found.parts = audited.parts
        found.numbers[audited.mapping] = audited.part
        self.ledger.note_audited(offset, audit_offset)

    def removed(self, first: int, last: int) -> list[Span]:
        """A range of offsets was removed before it was read: what the audit does not tell of it."""
        told = [(offset, offset) for offset, found in self.audited.items() if found.is_complete]
        gone = range(first, last + 1)  # what was received before it may still wait
        self.audited = {offset: found for offset, found in self.audited.items() if offset not in gone}
        self.carried = {offset: entry for offset, entry in self.carried.items() if offset not in gone}
        return list(unaccounted(first, last, [*told, *self._lost]))

    def inherits(self, offset: int) -> bool:
        """Whether a predecessor may have sent this record, the next one that nobody audited."""
        if offset < self._settled_below or offset in self._settled_before:
            return True
        if offset >= self._inherited_end:
            self.inherited_left = 0
        is_inherited = self.inherited_left > 0
        self.inherited_left -= is_inherited
        return is_inherited

    def note_received(self, last_offset: int, now_s: float) -> None:
        """Records up to `last_offset` were received at once; `now_s` never goes back."""
        self._forget_settled()
        self._received.append((last_offset, now_s))

    def unsettled_for_s(self, now_s: float) -> float:
        """How long ago the oldest record was received that is not settled; 0.0 without one."""
        self._forget_settled()
        return now_s - self._received[0][1] if self._received else 0.0

    def lag_s(self, now_ms: int) -> float:
        """How old the oldest record is that is not settled, by its timestamp; 0.0 without either."""
        oldest = next((entry.record for entry in self.entries.values()), None)
        if oldest is None and self.waiting:
            oldest = self.waiting[0][0]
        if oldest is None or oldest.timestamp_ms < 0:
            return 0.0
        return max(0.0, (now_ms - oldest.timestamp_ms) / 1000)

    def _forget_settled(self) -> None:
        while self._received and self._received[0][0] < self.ledger.watermark:
            self._received.popleft()

    @property
    def is_stuck(self) -> bool:
        """Whether it stands where this worker has given it up before."""
        return self.setbacks > 0 and self.ledger.watermark <= self._stuck_at

    @property
    def is_refused(self) -> bool:
        """Whether it stands there with outcomes that the audit does not acknowledge."""
        return self.is_stuck and any(entry.awaits_audit for entry in self.entries.values())

    @property
    def may_admit(self) -> bool:
        """Whether the next record that waits may be admitted."""
        return bool(self.waiting) and len(self.entries) < self.window and not self.is_closed

    def close(self) -> None:
        """No new sends from now on; what is under way goes to its end."""
        self.is_closed = True

    def give_up(self) -> None:
        """The audit did not acknowledge: nothing more is written of it, its records are read again."""
        self.is_closed = True
        self.is_given_up = True

    @property
    def is_ambiguous(self) -> bool:
        """Whether a successor must doubt records above the watermark."""
        return (
            self.ambiguous > 0
            or self._inherited_open > 0
            or any(entry.ambiguous or entry.concluded for entry in self.carried.values())
        )

    @property
    def _inherited_open(self) -> int:
        """How much of a predecessor's window may still come: nothing, once all of its time is settled."""
        return self.inherited_left if self.ledger.watermark < self._inherited_end else 0

    def metadata(self, *, is_open: bool, window: int, audit_topic: str, brake: str | None) -> CommitMetadata:
        """What a commit of this moment says beside the watermark; `window` is from then on allowed."""
        return CommitMetadata(
            pass_=self.pass_,
            epoch=self.epoch,
            is_open=is_open,
            window=max(window, len(self.entries) + len(self.carried) + self._inherited_open),
            audit_topic=audit_topic,
            audit_from=self.ledger.audit_from,
            fence=self.ledger.fence,
            brake=brake,
        )


class Entry:
    """One record on its way: what was decided, and what is still to be delivered and audited.

    `parts` is how many outcomes it has in this pass, those included that stood before.
    """

    __slots__ = (
        "ambiguous",
        "assignment",
        "concluded",
        "decided",
        "identities",
        "inherited",
        "lanes_ahead",
        "parts",
        "record",
        "to_deliver",
        "unaudited",
    )

    def __init__(
        self,
        assignment: Assignment,
        record: Record,
        decided: Decided,
        *,
        identities: tuple[str, ...],
        inherited: bool,
    ) -> None:
        self.assignment = assignment
        self.record = record
        self.decided = decided
        self.identities = identities
        self.inherited = inherited
        self.ambiguous = False
        self.lanes_ahead = 0
        self.parts = len(decided.parts)
        self.to_deliver: list[tuple[int, Deliverable]] = []
        self.concluded: list[tuple[Deliverable, Outcome]] = []
        self.unaudited = 0

    @property
    def awaits_audit(self) -> bool:
        """Whether it has an outcome that is not acknowledged yet."""
        return self.unaudited > len(self.to_deliver)

    def doubt(self) -> None:
        """An attempt may have reached Kameleoon: until it is settled, a crash may repeat it."""
        if not self.ambiguous:
            self.ambiguous = True
            self.assignment.ambiguous += 1

    def settle(self) -> None:
        """Every part is acknowledged on the audit topic."""
        del self.assignment.entries[self.record.offset]
        if self.ambiguous:
            self.assignment.ambiguous -= 1
        self.assignment.ledger.settle(self.record.offset)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records of one assignment, in the order of their offsets, as the source hands them on."""

    assignment: Assignment
    records: Sequence[Record]
