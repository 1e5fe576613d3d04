"""Which records have their complete set of outcomes on the audit topic: each part once, none twice."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.core.audit import AuditEntry, AuditRecord, Position
from pipeline.core.audit_view import Fences


class Lack(StrEnum):
    """How the account of one record can be wrong."""

    MISSING = "missing"
    INCOMPLETE = "incomplete"
    DOUBLE = "double"
    CONTRADICTORY = "contradictory"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Unaccounted:
    """One record whose account is wrong, and in which way."""

    position: Position
    lack: Lack
    detail: str

    def __str__(self) -> str:
        where = f"{self.position.topic} partition {self.position.partition} offset {self.position.offset}"
        return f"{where}: {self.lack}, {self.detail}"


@dataclass(slots=True)
class _Account:
    """What was read of one record; `parts` is how many outcomes its first one promised."""

    parts: int = 0
    seen: set[int] = field(default_factory=set)
    double: set[int] = field(default_factory=set)
    is_contradictory: bool = False

    def add(self, record: AuditRecord) -> None:
        if not self.seen:
            self.parts = record.parts
        if record.parts != self.parts or not 1 <= record.part <= record.parts:
            self.is_contradictory = True
        (self.double if record.part in self.seen else self.seen).add(record.part)

    @property
    def lack(self) -> tuple[Lack, str] | None:
        if not self.seen:
            return Lack.MISSING, "no outcome"
        if self.is_contradictory:
            return Lack.CONTRADICTORY, "its outcomes disagree on how many there are"
        if self.double:
            return Lack.DOUBLE, f"part {min(self.double)} of {self.parts} came again"
        if len(self.seen) < self.parts:
            return Lack.INCOMPLETE, f"{len(self.seen)} of {self.parts} outcomes"
        return None


class Accounts:
    """The account of every expected record, in one pass of one pipeline.

    Feed it the entries of each audit partition in the order of their offsets. What another
    pipeline says, what a replay says and what is void does not count.
    """

    def __init__(self, expected: Collection[Position], pipeline: str) -> None:
        self._accounts = {position: _Account() for position in expected}
        self._unexpected: dict[Position, int] = {}
        self._pipeline = pipeline
        self._fences = Fences()
        self._complete = 0

    def add(self, entry: AuditEntry | None) -> bool:
        """Take one entry, None for a foreign value; whether it counts as an outcome."""
        if entry is None or entry.pipeline != self._pipeline or not self._fences.admits(entry):
            return False
        if not isinstance(entry, AuditRecord) or entry.replay_of is not None:
            return False
        source = entry.source
        self._count(Position(source.topic, source.partition, source.offset), entry)
        return True

    def _count(self, position: Position, record: AuditRecord) -> None:
        account = self._accounts.get(position)
        if account is None:
            self._unexpected[position] = self._unexpected.get(position, 0) + 1
            return
        was_complete = account.lack is None
        account.add(record)
        self._complete += (account.lack is None) - was_complete

    @property
    def expected(self) -> int:
        """Records that need an account."""
        return len(self._accounts)

    @property
    def complete(self) -> int:
        """Records with each of their outcomes, once."""
        return self._complete

    @property
    def is_complete(self) -> bool:
        """Whether every record is accounted for and nothing else is told."""
        return self._complete == len(self._accounts) and not self._unexpected

    def unaccounted(self) -> Iterator[Unaccounted]:
        """Every record whose account is wrong."""
        for position, account in self._accounts.items():
            if (found := account.lack) is not None:
                yield Unaccounted(position, *found)
        for position, count in self._unexpected.items():
            yield Unaccounted(position, Lack.UNEXPECTED, f"{count} outcomes of a record that is not ours")
