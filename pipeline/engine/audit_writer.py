"""Stage audit: outcomes go to the audit topic, and only then does a record count as settled.

Whatever comes while one append waits for its acknowledgement goes with the partition's next: the audit
stays milliseconds behind delivery without a request for each record.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable

from pipeline.core.audit import AuditRecord, audit_key, encode
from pipeline.core.metrics import AUDIT_SECONDS
from pipeline.core.outcome import Outcome
from pipeline.core.value import value_class
from pipeline.engine.accounting import Author, audit_record, dead_letter
from pipeline.engine.assignment import Entry
from pipeline.engine.audit_line import AuditLines
from pipeline.engine.meter import Meter
from pipeline.engine.tapping import Taps
from pipeline.engine.tracing import Traces
from pipeline.ports import AuditLog, Clock, DeadLetter, DeadLetters, LogEntry, LogUnavailable


@value_class
class _Pending:
    """Part `index` of an entry has its outcome."""

    entry: Entry
    index: int
    outcome: Outcome
    decided_at_ms: int


@value_class
class _Item:
    """What is to be written of it; `record` is there where it had to be made, as for a dead letter."""

    pending: _Pending
    log_entry: LogEntry
    record: AuditRecord | None = None
    letter: DeadLetter | None = None


class AuditWriter:
    """Appends outcomes per partition, dead letters before their audit records.

    `on_settled` hears, once for each append, of the entries whose last part is acknowledged.
    `on_unacknowledged` hears of an audit partition, and why, whose newest outcomes may or may not
    stand: it gives up all assignments that are audited there, before anything else is written.
    `on_letters` hears of the outcomes that have a dead letter.
    """

    def __init__(
        self,
        author: Author,
        audit: AuditLog,
        dead_letters: DeadLetters,
        clock: Clock,
        linger_s: float,
        on_settled: Callable[[list[Entry]], None],
        on_unacknowledged: Callable[[int, str], None],
        on_letters: Callable[[Iterable[AuditRecord]], None],
        meter: Meter,
        taps: Taps,
        traces: Traces,
    ) -> None:
        self._author = author
        self._lines = AuditLines(author)
        self._audit = audit
        self._dead_letters = dead_letters
        self._clock = clock
        self._linger_s = linger_s
        self._on_settled = on_settled
        self._on_unacknowledged = on_unacknowledged
        self._on_letters = on_letters
        self._meter = meter
        self._taps = taps
        self._traces = traces
        self._pending: defaultdict[int, list[_Pending]] = defaultdict(list)
        self._busy: set[int] = set()
        self._outstanding = 0
        self._is_wanted = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @property
    def pending(self) -> int:
        """How many outcomes are not acknowledged yet."""
        return self._outstanding

    def put(self, entry: Entry, index: int, outcome: Outcome) -> None:
        """Queue the outcome of part `index` (from 0) of an entry; of what was given up nothing is written."""
        if entry.assignment.is_given_up:
            return
        pending = self._pending[entry.record.partition]
        if not pending:  # else whoever was the first has seen to this
            self._is_idle.clear()
            self._is_wanted.set()
        pending.append(_Pending(entry, index, outcome, self._clock.now_ms()))
        self._outstanding += 1

    async def run(self) -> None:
        """Write for ever: of each partition one append at a time, and none waits for another's."""
        async with asyncio.TaskGroup() as writing:
            while True:
                await self._is_wanted.wait()
                if self._linger_s > 0:
                    await self._clock.sleep(self._linger_s)
                self._is_wanted.clear()
                for partition in self._pending.keys() - self._busy:
                    self._busy.add(partition)
                    writing.create_task(self._write(partition, self._pending.pop(partition)))

    async def flushed(self) -> None:
        """Return when all that was queued is acknowledged or given up; `run` does the work."""
        await self._is_idle.wait()

    async def _write(self, partition: int, pending: list[_Pending]) -> None:
        """All records are made here: many in a row take a good deal less time than one now and then."""
        items = [self._item(each) for each in pending if not each.entry.assignment.is_given_up]
        if await self._write_letters(partition, items):
            await self._write_outcomes(partition, _standing(items))
        self._busy.remove(partition)
        if partition in self._pending:
            self._is_wanted.set()
        self._outstanding -= len(pending)
        if self._outstanding == 0:
            self._is_idle.set()

    def _item(self, pending: _Pending) -> _Item:
        entry = pending.entry
        key = audit_key(entry.decided.summary.message_id)
        line = self._lines.line(entry, pending.index, pending.outcome, pending.decided_at_ms)
        if line is not None:
            return _Item(pending, LogEntry(key, line))
        record = self._record(pending)
        return _Item(pending, LogEntry(key, encode(record)), record, dead_letter(entry, record))

    def _record(self, pending: _Pending) -> AuditRecord:
        return audit_record(
            self._author, pending.entry, pending.index, pending.outcome, pending.decided_at_ms
        )

    async def _write_letters(self, partition: int, items: list[_Item]) -> bool:
        letters = [item.letter for item in items if item.letter is not None]
        try:
            if letters:
                self._on_letters(item.record for item in items if item.letter and item.record)
                await self._dead_letters.append(letters)
        except LogUnavailable as error:
            self._on_unacknowledged(partition, str(error))
            return False
        return True

    async def _write_outcomes(self, partition: int, items: list[_Item]) -> None:
        if not items:
            return
        began_s = self._clock.monotonic_s()
        try:
            offsets = await self._audit.append(partition, [item.log_entry for item in items])
        except LogUnavailable as error:
            self._on_unacknowledged(partition, str(error))
            return
        self._meter.observe(AUDIT_SECONDS, self._clock.monotonic_s() - began_s)
        settled = []
        for item, audit_offset in zip(items, offsets, strict=True):
            entry = item.pending.entry
            entry.assignment.ledger.note_audited(entry.record.offset, audit_offset)
            entry.unaudited -= 1
            if entry.unaudited == 0:
                settled.append(entry)
        if self._taps.is_any or self._traces.is_on:
            self._show(items)
        self._on_settled(settled)

    def _show(self, items: list[_Item]) -> None:
        """To those who look on: they want each record, which is made but for them."""
        audited = [(item.pending.entry, item.record or self._record(item.pending)) for item in items]
        if self._taps.is_any:
            self._taps.audited([(entry.record, record) for entry, record in audited])
        if self._traces.is_on:
            self._traces.audited(audited)


def _standing(items: list[_Item]) -> list[_Item]:
    """Without the outcomes of assignments that were given up meanwhile."""
    return [item for item in items if not item.pending.entry.assignment.is_given_up]
