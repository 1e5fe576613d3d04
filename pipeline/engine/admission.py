"""From a received record to an entry on its way: decode, trigger, map, validate, then its lanes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, assert_never

from pipeline.core.outcome import NO_SUMMARY, Decided, Decision, Deliverable, Filtered, Outcome, Rejected
from pipeline.core.plan import Plan
from pipeline.core.record import Record
from pipeline.core.replay import Inbox, decide_read
from pipeline.engine.assignment import Assignment, Entry
from pipeline.engine.audited_parts import AuditedParts
from pipeline.engine.braking import Braking
from pipeline.engine.lanes import distinct
from pipeline.engine.name_guard import NameGuard
from pipeline.engine.tapping import Taps
from pipeline.engine.tracing import Traces

Report = Callable[[Entry, int, Outcome], object]
"""Hears the outcome of part `index` (from 0) of an entry."""

_NOTHING_LEFT: Final = Decided(NO_SUMMARY, ())
"""Stands for a record all of whose outcomes the audit topic holds already."""


class Admission:
    """Decides what becomes of each record; what is decided at once is reported at once.

    `report_again` hears of what `report` has heard before: the audit did not acknowledge it.
    """

    def __init__(
        self,
        plan: Plan,
        inbox: Inbox,
        *,
        names: NameGuard,
        braking: Braking,
        is_ordered: bool,
        deliver: Callable[[Entry], None],
        report: Report,
        report_again: Report,
        settle: Callable[[Entry], None],
        taps: Taps,
        traces: Traces,
    ) -> None:
        self._plan = plan
        self._inbox = inbox
        self._names = names
        self._braking = braking
        self._is_ordered = is_ordered
        self._deliver = deliver
        self._report = report
        self._report_again = report_again
        self._settle = settle
        self._taps = taps
        self._traces = traces
        self._is_admitting = False

    def take_in(self, assignment: Assignment, records: Sequence[Record]) -> None:
        """Decide on records just received, and admit what may be.

        Together: to decide on many in a row takes two thirds of the time of one now and then.
        """
        received_at_ms = self._traces.now_ms() if self._traces.is_on else 0
        decided = [(record, self._decide(assignment, record)) for record in records]
        assignment.waiting.extend(decided)
        if self._traces.is_on:
            self._traces.received(assignment, decided, received_at_ms)
        if self._taps.is_any:
            self._taps.decided(decided)
        self.go_on(assignment)

    def go_on(self, assignment: Assignment) -> None:
        """Admit what waits, as far as the window allows; again whenever a record was settled."""
        if self._is_admitting:
            return  # what settles at once calls back from within the loop below
        self._is_admitting = True
        try:
            while assignment.may_admit and not self._braking.is_on:
                self._admit_one(assignment, *assignment.waiting.popleft())
        finally:
            self._is_admitting = False

    def _decide(self, assignment: Assignment, record: Record) -> Decided:
        audited = assignment.audited.get(record.offset)
        if audited is not None and audited.is_complete:
            return _NOTHING_LEFT
        return decide_read(self._plan, record, self._inbox)

    def _admit_one(self, assignment: Assignment, record: Record, decided: Decided) -> None:
        """Take one record in; parts that the audit topic already holds stand."""
        audited = assignment.audited.pop(record.offset, None)
        before = assignment.carried.pop(record.offset, None)
        decided = self._names.checked(decided)
        entry = Entry(
            assignment,
            record,
            decided,
            identities=self._identities(decided, record),
            inherited=bool(decided.parts) and _is_inherited(assignment, record, before),
        )
        assignment.entries[record.offset] = entry
        if entry.inherited:
            entry.doubt()
        at_once = self._sort_parts(entry, audited, before)
        if entry.unaudited == 0:
            self._settle(entry)
        report = self._report if before is None else self._report_again
        for index, outcome in at_once:
            report(entry, index, outcome)
        if entry.to_deliver:
            self._deliver(entry)

    def _sort_parts(
        self, entry: Entry, audited: AuditedParts | None, before: Entry | None
    ) -> list[tuple[int, Outcome]]:
        """Line up what is to be delivered; answers what has its outcome already."""
        at_once: list[tuple[int, Outcome]] = []
        concluded: dict[str, Outcome] = {}
        if before is not None:
            entry.concluded = before.concluded
            concluded = {part.mapping: outcome for part, outcome in entry.concluded}
        numbered: Iterable[tuple[int, Decision]] = enumerate(entry.decided.parts)
        if audited is not None:
            numbered = remaining = audited.remaining(entry.decided.parts)
            entry.parts = len(audited.numbers) + len(remaining)
        for index, part in numbered:
            entry.unaudited += 1
            match part:
                case Deliverable() if part.mapping in concluded:
                    at_once.append((index, concluded[part.mapping]))
                case Deliverable():
                    entry.to_deliver.append((index, part))
                    if before is None:
                        self._braking.note_made()
                case Filtered() | Rejected():
                    at_once.append((index, part))
                case _:
                    assert_never(part)
        return at_once

    def _identities(self, decided: Decided, record: Record) -> tuple[str, ...]:
        """The identities an event names; else the record's key; else none. A replay waits for nobody."""
        if not self._is_ordered or decided.replay_of is not None:
            return ()
        match decided.parts:
            case (Deliverable() as only,):
                named = only.identities
            case parts:
                named = distinct(
                    identity
                    for part in parts
                    if isinstance(part, Deliverable)
                    for identity in part.identities
                )
        if named or record.key is None:
            return named
        return ("k:" + record.key.hex(),)


def _is_inherited(assignment: Assignment, record: Record, before: Entry | None) -> bool:
    """Whether the record may have been sent: a predecessor's is guessed, of its own the worker knows."""
    return assignment.inherits(record.offset) if before is None else before.ambiguous
