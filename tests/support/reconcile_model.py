"""What `reconcile` is to find, written down as plainly as can be: lists and no bounds on memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.core.audit import AssignmentMarker, AuditEntry, AuditRecord
from pipeline.core.reconcile.findings import Kind


@dataclass(frozen=True)
class Stood:
    """A record of the input."""

    offset: int
    timestamp: int = 0


def counted(entries: Sequence[AuditEntry]) -> list[AuditEntry]:
    """Entries of one pipeline and source partition without those of a lower epoch than a marker before."""
    return [
        entry
        for index, entry in enumerate(entries)
        if not any(
            isinstance(before, AssignmentMarker) and entry.epoch < before.epoch for before in entries[:index]
        )
    ]


def kind_of(told: Sequence[AuditRecord]) -> Kind | None:
    """What is wrong with a record of which this was told, in this order; the first mistake names it."""
    for count in range(1, len(told) + 1):
        known, newest = told[: count - 1], told[count - 1]
        if known and len(known) == known[-1].parts:
            return Kind.DOUBLE
        if newest.mapping in {one.mapping for one in known} or newest.part in {one.part for one in known}:
            return Kind.DOUBLE
        disagrees = bool(known) and known[-1].epoch == newest.epoch and known[-1].parts != newest.parts
        if disagrees or not 1 <= newest.part <= newest.parts or newest.parts < count:
            return Kind.CONTRADICTORY
    if not told:
        return Kind.MISSING
    return None if len(told) == told[-1].parts else Kind.INCOMPLETE


@dataclass(frozen=True)
class Truth:
    """The mistakes of a pass by offset, and how many outcomes are void."""

    pass_: int | None
    wrong: dict[int, Kind]


def truth(
    entries: Sequence[AuditEntry], stood: Sequence[Stood], begin: int, end: int, wanted: int | None = None
) -> Truth:
    """All of one source partition's entries, held against the records from `begin` to `end`."""
    standing = counted(entries)
    passes = [entry.pass_ for entry in standing]
    pass_ = wanted if wanted is not None else max(passes, default=None)
    own = [entry for entry in standing if entry.pass_ == pass_]
    starts = [entry.position for entry in own if isinstance(entry, AssignmentMarker)]
    begin = max(begin, min(starts, default=begin))
    told = [entry for entry in own if isinstance(entry, AuditRecord)]
    wrong = {}
    offsets = {record.offset for record in stood}
    for offset in range(begin, end):
        of_it = [entry for entry in told if entry.source.offset == offset]
        unexpected = Kind.UNEXPECTED if of_it else None
        kind = kind_of(of_it) if offset in offsets else unexpected
        if kind is not None:
            wrong[offset] = kind
    return Truth(pass_, wrong)
