"""The watermark of one assignment: the end of the contiguous run of settled records.

A record is settled when all its outcomes are acknowledged on the audit topic. Offsets have gaps
(transaction markers, compaction), so contiguity means the next received record.
"""

from collections import deque


class Ledger:
    """What was received and settled from `position` on, and where the audit tells of it."""

    __slots__ = ("_audit_next", "_audited", "_fence", "_markers", "_received", "_settled", "_watermark")

    def __init__(self, position: int, audit_position: int, fence: int = 0) -> None:
        self._watermark = position
        self._received: deque[int] = deque()
        self._settled: set[int] = set()
        self._audited: deque[tuple[int, int]] = deque()
        self._audit_next = audit_position
        self._markers: deque[tuple[int, int]] = deque()
        self._fence = fence

    @property
    def watermark(self) -> int:
        """The offset to commit: every record received below it is settled."""
        return self._watermark

    @property
    def settled_ahead(self) -> frozenset[int]:
        """The settled offsets above the watermark: something before them is not."""
        return frozenset(self._settled)

    @property
    def unsettled(self) -> int:
        """How many received records wait for an outcome."""
        return len(self._received) - len(self._settled)

    @property
    def spread(self) -> int:
        """How many received records lie at or above the watermark, settled or not."""
        return len(self._received)

    @property
    def audit_from(self) -> int:
        """The lowest audit offset holding an outcome that the watermark does not cover."""
        while self._audited and self._audited[0][1] < self._watermark:
            self._audited.popleft()
        return self._audited[0][0] if self._audited else self._audit_next

    @property
    def fence(self) -> int:
        """The newest epoch that a marker before `audit_from` has announced."""
        audit_from = self.audit_from
        while self._markers and self._markers[0][0] < audit_from:
            self._fence = max(self._fence, self._markers.popleft()[1])
        return self._fence

    def receive(self, offset: int) -> None:
        """Take in the next record of the partition; offsets only grow."""
        if offset < self._watermark or (self._received and offset <= self._received[-1]):
            raise ValueError(f"offset {offset} was received out of order")
        self._received.append(offset)

    def note_audited(self, offset: int, audit_offset: int) -> None:
        """One outcome of the record stands on the audit topic; audit offsets only grow."""
        self._audited.append((audit_offset, offset))
        self._audit_next = max(self._audit_next, audit_offset + 1)

    def note_marker(self, epoch: int, audit_offset: int) -> None:
        """A marker of this epoch stands on the audit topic; audit offsets only grow."""
        self._markers.append((audit_offset, epoch))

    def note_audit_end(self, audit_end: int) -> None:
        """The audit had reached so far: while nothing is unsettled, all that is to come lies beyond."""
        if not self._received:
            self._audit_next = max(self._audit_next, audit_end)

    def settle(self, offset: int) -> None:
        """All outcomes of a received record are acknowledged; the watermark follows."""
        self._settled.add(offset)
        received, settled = self._received, self._settled
        while received and received[0] in settled:
            passed = received.popleft()
            settled.remove(passed)
            self._watermark = passed + 1
