"""The records that stand on a source partition, held against their account."""

from collections.abc import Sequence
from typing import Protocol, assert_never

from pipeline.core.reconcile.account import HalfTold, PartitionAccount, State
from pipeline.core.reconcile.findings import Finding, Kind, PartitionReport
from pipeline.core.reconcile.scope import Scope
from pipeline.core.record import TopicPartition


class InputRecord(Protocol):
    """A record of the input, as far as it matters here."""

    @property
    def offset(self) -> int:
        """Where it stands."""

    @property
    def timestamp(self) -> int:
        """Its Kafka timestamp, Unix milliseconds."""


class Judge:
    """Walks once over the records from `begin` up to and without `end`, in the order of offsets.

    `replayed` is passed on. In a compacted topic a record with an outcome may be gone. Of each kind
    `most_findings` are kept.
    """

    def __init__(
        self,
        source: TopicPartition,
        account: PartitionAccount,
        scope: Scope,
        *,
        is_compacted: bool = False,
        replayed: int = 0,
        most_findings: int = 20,
    ) -> None:
        self._account = account
        self._not_before_ms = scope.not_before_ms
        self._is_compacted = is_compacted
        self._most_findings = most_findings
        self._next = scope.begin
        lost = (min(found.stop, scope.end) - max(found.start, scope.begin) for found in account.lost)
        self.report = PartitionReport(
            topic=source.topic,
            partition=source.partition,
            pass_=account.pass_,
            begin=scope.begin,
            end=scope.end,
            lost=sum(max(length, 0) for length in lost),
            void=account.void,
            replayed=replayed,
            note=scope.note,
            is_whole=not (account.is_shortened or scope.is_doubtful),
        )

    def take(self, records: Sequence[InputRecord]) -> None:
        """The next records that stand there; offsets that are left out hold none."""
        inside = [record for record in records if self._next <= record.offset < self.report.end]
        start = 0
        while start < len(inside):
            stop = _end_of_run(inside, start)
            self._nothing_between(self._next, inside[start].offset)
            self._run(inside[start:stop])
            start = stop

    def removed(self, begin: int) -> None:
        """The records below `begin` are gone by now: nothing can be said of them."""
        gone = min(begin, self.report.end)
        if gone > self._next:
            self.report.removed += gone - self._next
            self._next = gone

    def finish(self) -> PartitionReport:
        """There are no more records up to the end."""
        self._nothing_between(self._next, self.report.end)
        return self.report

    def _run(self, records: Sequence[InputRecord]) -> None:
        """Records without a gap between them."""
        begin, report = records[0].offset, self.report
        end = self._next = begin + len(records)
        report.records += len(records)
        report.complete += len(records)
        for offset, other in self._account.states.others(begin, end, State.COMPLETE):
            report.complete -= 1
            if records[offset - begin].timestamp <= self._not_before_ms:
                report.records -= 1
                report.too_old += 1
            else:
                self._find(*self._wrong(offset, State(other)))

    def _nothing_between(self, begin: int, end: int) -> None:
        """No record stands from `begin` up to and without `end`: nor should an outcome."""
        self._next = max(self._next, end)
        for offset, _ in self._account.states.others(begin, end, State.UNTOLD):
            if self._is_compacted:
                self.report.compacted += 1
            else:
                self._find(Kind.UNEXPECTED, offset, "an outcome, and no such record")

    def _wrong(self, offset: int, state: State) -> tuple[Kind, int, str]:
        """What is to be said of a record in a state that is not right."""
        account = self._account
        match state:
            case State.UNTOLD if any(offset in lost for lost in account.lost):
                return Kind.CONTRADICTORY, offset, "said to be lost, and it is there"
            case State.UNTOLD:
                return Kind.MISSING, offset, "no outcome"
            case State.INCOMPLETE:
                return Kind.INCOMPLETE, offset, _half(account.half_told[offset])
            case State.DOUBLE:
                return Kind.DOUBLE, offset, f"told again{_where(account.wrong_at.get(offset))}"
            case State.CONTRADICTORY:
                where = _where(account.wrong_at.get(offset))
                return Kind.CONTRADICTORY, offset, f"its outcomes disagree on how many there are{where}"
            case State.COMPLETE:
                raise ValueError("a complete record is none to find")
            case _:
                assert_never(state)

    def _find(self, kind: Kind, offset: int, detail: str) -> None:
        report = self.report
        report.counts[kind] += 1
        if report.counts[kind] <= self._most_findings:
            report.findings.append(Finding(kind, report.topic, report.partition, offset, detail))


def _end_of_run(records: Sequence[InputRecord], start: int) -> int:
    """The index behind the last record without a gap before it; mostly there is no gap at all."""
    first = records[start].offset
    if records[-1].offset - first == len(records) - 1 - start:
        return len(records)
    stop = start + 1
    while records[stop].offset - first == stop - start:
        stop += 1
    return stop


def _half(half: HalfTold) -> str:
    told = ", ".join(mapping or "no mapping" for mapping in half.numbers)
    return f"{len(half.numbers)} of {half.promised} outcomes ({told})"


def _where(audit_offset: int | None) -> str:
    return "" if audit_offset is None else f" at audit offset {audit_offset}"
