"""Stage source: records that retention removed before they were read have an outcome as well: lost."""

from collections.abc import Callable
from typing import Final

import structlog

from pipeline.core.metrics import RECORDS_LOST
from pipeline.core.outcome import NO_SUMMARY, Decided, Lost
from pipeline.core.record import Record, TopicPartition
from pipeline.engine.admission import Report
from pipeline.engine.assignment import Assignment, Entry
from pipeline.engine.meter import Meter
from pipeline.engine.partitions import Partitions
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.source")

_UNREAD: Final = Decided(NO_SUMMARY, ())


class Retention:
    """Puts stand-ins where records are gone: the watermark passes them once the audit tells of them."""

    def __init__(
        self,
        partitions: Partitions,
        clock: Clock,
        meter: Meter,
        *,
        report: Report,
        settle: Callable[[Entry], None],
    ) -> None:
        self._partitions = partitions
        self._clock = clock
        self._meter = meter
        self._report = report
        self._settle = settle

    def lose(self, assignment: Assignment, first: int, end: int) -> None:
        """Records from offset `first` up to and without `end` were removed; `end` is received next.

        What the audit topic tells of already is not told again.
        """
        last = end - 1
        spans = assignment.removed(first, last)
        for begin, through in spans:
            entry = self._stand_in(assignment, through)
            entry.parts = entry.unaudited = 1
            self._tell(assignment.partition, begin, through)
            self._report(entry, 0, Lost(begin, through))
        if not spans or spans[-1][1] < last:
            self._settle(self._stand_in(assignment, last))

    def _stand_in(self, assignment: Assignment, offset: int) -> Entry:
        record = Record(*assignment.partition, offset, self._clock.now_ms(), None, None)
        self._partitions.receive(assignment.partition, [record])
        entry = Entry(assignment, record, _UNREAD, identities=(), inherited=False)
        assignment.entries[offset] = entry
        return entry

    def _tell(self, partition: TopicPartition, first: int, last: int) -> None:
        self._meter.add(RECORDS_LOST, last - first + 1)
        log.error(
            "retention removed records before they were read",
            topic=partition.topic,
            partition=partition.partition,
            first=first,
            last=last,
        )
