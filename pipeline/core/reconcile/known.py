"""The books of records that somebody put on the topic himself, and so knows where they stand."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.reconcile.account import Bounds
from pipeline.core.reconcile.accounts import Accounts, AuditValue
from pipeline.core.reconcile.findings import Finding
from pipeline.core.reconcile.judge import Judge
from pipeline.core.reconcile.scope import Scope
from pipeline.core.record import Position, TopicPartition


@dataclass(frozen=True, slots=True)
class _Stood:
    """A record of the input."""

    offset: int
    timestamp: int = 0


class KnownRecords:
    """The accounts of these records; feed it each audit partition from its beginning, in order."""

    def __init__(self, positions: Collection[Position], pipeline: str) -> None:
        self._offsets: dict[TopicPartition, list[int]] = {}
        for position in positions:
            source = TopicPartition(position.topic, position.partition)
            self._offsets.setdefault(source, []).append(position.offset)
        self._accounts = Accounts(
            pipeline, {source: Bounds(0, max(offsets) + 1) for source, offsets in self._offsets.items()}
        )
        for source in self._offsets:
            self._accounts.begins_at(source.partition, 0)
        self.expected = len(positions)

    def take(self, values: Iterable[AuditValue]) -> None:
        """What stands next on the audit topic."""
        for value in values:
            if value.partition in self._accounts.kept:
                self._accounts.take(value.partition, (value,))

    @property
    def complete(self) -> int:
        """Records with each of their outcomes, once, so far."""
        return self._accounts.complete

    def findings(self) -> Iterator[Finding]:
        """Every record whose account is wrong."""
        for source, offsets in self._offsets.items():
            account = self._accounts.of[source]
            judge = Judge(source, account, Scope(0, max(offsets) + 1), most_findings=self.expected)
            judge.take([_Stood(offset) for offset in sorted(offsets)])
            yield from judge.finish().findings
