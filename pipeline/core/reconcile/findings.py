"""What closing the books can find, and where."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """How the account of one record can be wrong."""

    MISSING = "missing"
    INCOMPLETE = "incomplete"
    DOUBLE = "double"
    CONTRADICTORY = "contradictory"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Finding:
    """One record whose account is wrong, and in which way."""

    kind: Kind
    topic: str
    partition: int
    offset: int
    detail: str

    def __str__(self) -> str:
        return f"{self.topic} partition {self.partition} offset {self.offset}: {self.kind}, {self.detail}"


@dataclass(slots=True)
class PartitionReport:
    """The books of one source partition: offsets from `begin` up to and without `end`, in one pass.

    `records` stand there and were judged, `complete` of them are accounted for. Not judged were
    `too_old` records, whose outcomes the audit topic may have lost to its retention; `removed`
    offsets were gone from the source before they could be looked at. `compacted` outcomes tell of
    records that a compacted topic holds no more. `lost` offsets are said to have been removed
    before the pipeline read them. Outcomes are `void` when their worker had lost the partition, and
    `replayed` when a replay told them. `counts` and `findings` are what is wrong; findings are the
    first of each kind, `note` is a sentence on what was left out, and `is_whole` says that nothing was
    that should not be.
    """

    topic: str
    partition: int
    pass_: int | None = None
    begin: int = 0
    end: int = 0
    records: int = 0
    complete: int = 0
    too_old: int = 0
    removed: int = 0
    compacted: int = 0
    lost: int = 0
    void: int = 0
    replayed: int = 0
    counts: Counter[Kind] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    note: str = ""
    is_whole: bool = True

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong, and all that was asked for was judged."""
        return self.is_whole and not self.counts.total()


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The books of all partitions that were meant.

    Of `audit_records` that were read, `foreign` ones are not ours and `misplaced` ones stand in
    another partition than their source's. `has_commits` is false for a group that has none at all.
    `pipelines` are those that the audit told of, at most a hundred.
    """

    partitions: list[PartitionReport]
    audit_records: int
    foreign: int
    misplaced: int
    has_commits: bool
    pipelines: frozenset[str] = frozenset()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong anywhere."""
        return all(report.is_clean for report in self.partitions)
