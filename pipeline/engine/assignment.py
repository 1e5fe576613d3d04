"""One partition in this worker's hands, from the assignment to its release."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from pipeline.core.audit import AuditRecord
from pipeline.core.commit import CommitMetadata, Opening
from pipeline.core.outcome import Decided, Decision, Deliverable, Filtered, Reason
from pipeline.core.record import Record, TopicPartition
from pipeline.engine.lanes import Lanes
from pipeline.engine.ledger import Ledger

NO_MAPPING_LEFT: Final = Filtered(
    Reason.NO_MAPPING_LEFT, "the mappings that were still to take this event are gone or take it no more"
)


@dataclass(slots=True)
class AuditedParts:
    """What the audit topic already holds of one record of this pass: which mapping has which number.

    `parts` is how many outcomes its newest one promises in all.
    """

    parts: int = 0
    numbers: dict[str | None, int] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every outcome that was promised stands."""
        return len(self.numbers) >= self.parts

    def remaining(self, decisions: Sequence[Decision]) -> list[tuple[int, Decision]]:
        """What is still to be told under the present plan, with indexes: the free ones, from the lowest.

        With the plan that told the others these are the indexes of the decisions. When nothing is left
        of what was promised, one outcome says so: the audit never ends with a promise open.
        """
        left = [decision for decision in decisions if decision.mapping not in self.numbers]
        if not left and not self.is_complete:
            left = [NO_MAPPING_LEFT]
        taken = set(self.numbers.values())
        free = (index for index in count() if index + 1 not in taken)
        return list(zip(free, left, strict=False))


class Assignment:
    """The accounting of one partition: ledger, lanes, and what a predecessor left.

    `inherited_left` counts the unaudited records that a crashed predecessor may have sent and that
    were not received again yet. `ambiguous` counts unsettled entries of which an attempt, of this
    worker or of that predecessor, may have reached Kameleoon. `admitted` counts the unsettled
    entries, never more than `window` of them: a successor doubts as many. What was received beyond
    waits in `waiting`.
    """

    def __init__(self, partition: TopicPartition, opening: Opening, window: int) -> None:
        self.partition = partition
        self.pass_ = opening.pass_
        self.epoch = opening.epoch
        self.ledger = Ledger(opening.position, opening.audit_from)
        self.lanes: Lanes[Entry] = Lanes()
        self.audited: dict[int, AuditedParts] = {}
        self.inherited_left = opening.inherited_window
        self._inherited_end = opening.inherited_end
        self.ambiguous = 0
        self.window = window
        self.admitted = 0
        self.waiting: deque[Record] = deque()
        self.under_way = 0
        self.in_flight_bytes = 0
        self.is_closed = False
        self._received: deque[tuple[int, float]] = deque()

    def stands(self, audited: AuditRecord, audit_offset: int) -> None:
        """An outcome of this pass is on the audit topic already: it is not to be sent again."""
        offset = audited.source.offset
        found = self.audited.setdefault(offset, AuditedParts())
        found.parts = audited.parts
        found.numbers[audited.mapping] = audited.part
        self.ledger.note_audited(offset, audit_offset)

    def inherits(self, offset: int) -> bool:
        """Whether a predecessor may have sent this record, the next one that nobody audited."""
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

    def _forget_settled(self) -> None:
        while self._received and self._received[0][0] < self.ledger.watermark:
            self._received.popleft()

    @property
    def may_admit(self) -> bool:
        """Whether the next record that waits may be admitted."""
        return bool(self.waiting) and self.admitted < self.window and not self.is_closed

    def close(self) -> None:
        """No new sends from now on; what is under way goes to its end."""
        self.is_closed = True

    @property
    def is_ambiguous(self) -> bool:
        """Whether a successor must doubt records above the watermark."""
        return self.ambiguous > 0 or self.inherited_left > 0

    def metadata(self, *, is_open: bool, window: int, audit_topic: str) -> CommitMetadata:
        """What a commit of this moment says beside the watermark; `window` is from then on allowed."""
        return CommitMetadata(
            pass_=self.pass_,
            epoch=self.epoch,
            is_open=is_open,
            window=max(window, self.admitted, self.inherited_left + self.ambiguous),
            audit_topic=audit_topic,
            audit_from=self.ledger.audit_from,
        )


class Entry:
    """One record on its way: what was decided, and what is still to be delivered and audited.

    `parts` is how many outcomes it has in this pass, those included that stood before.
    """

    __slots__ = (
        "ambiguous",
        "assignment",
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
        self.unaudited = 0

    def doubt(self) -> None:
        """An attempt may have reached Kameleoon: until it is settled, a crash may repeat it."""
        if not self.ambiguous:
            self.ambiguous = True
            self.assignment.ambiguous += 1

    def settle(self) -> None:
        """Every part is acknowledged on the audit topic."""
        self.assignment.admitted -= 1
        if self.ambiguous:
            self.assignment.ambiguous -= 1
        self.assignment.ledger.settle(self.record.offset)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records of one assignment, in the order of their offsets, as the source hands them on."""

    assignment: Assignment
    records: Sequence[Record]
