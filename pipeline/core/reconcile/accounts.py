"""The accounts of all source partitions of one pipeline, filled from the audit topic."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from pipeline.core.reconcile.account import Bounds, PartitionAccount
from pipeline.core.reconcile.reading import Told, read_entry
from pipeline.core.reconcile.scope import Kept
from pipeline.core.record import TopicPartition

_BLOCKS: Final = 1024
_FEWEST_BLOCKS: Final = 8
_HALF_TOLD: Final = 400_000
_FEWEST_HALF_TOLD: Final = 1000
_MOST_PIPELINES: Final = 100


class AuditValue(Protocol):
    """A record of the audit topic."""

    @property
    def partition(self) -> int:
        """Its partition there."""

    @property
    def offset(self) -> int:
        """Where it stands."""

    @property
    def timestamp(self) -> int:
        """Its Kafka timestamp, Unix milliseconds."""

    @property
    def value(self) -> bytes | None:
        """What it says."""


class Accounts:
    """Feed it each audit partition in the order of its offsets.

    Memory is bounded for all partitions together: some 16 MiB of open blocks, 400,000 records that
    wait for their other outcomes, and at most three bits for each offset asked for, mostly far less.
    `kept` tells where each audit partition begins now. Counted are `values` of any kind, `foreign`
    ones, and outcomes of this pipeline that stand `misplaced` in another partition than their
    source's, where no worker would look for them. `pipelines` names the first hundred that were read of.
    """

    def __init__(self, pipeline: str, bounds: Mapping[TopicPartition, Bounds]) -> None:
        self._pipeline = pipeline
        most_open = max(_FEWEST_BLOCKS, _BLOCKS // max(len(bounds), 1))
        most_half_told = max(_FEWEST_HALF_TOLD, _HALF_TOLD // max(len(bounds), 1))
        self.of = {
            source: PartitionAccount(asked, most_half_told=most_half_told, most_open=most_open)
            for source, asked in bounds.items()
        }
        self._by_name = {(source.topic, source.partition): account for source, account in self.of.items()}
        self.replayed: Counter[TopicPartition] = Counter()
        self.kept: dict[int, Kept] = {}
        self.values = 0
        self.foreign = 0
        self.misplaced = 0
        self.pipelines: set[str] = set()

    def begins_at(self, partition: int, offset: int) -> None:
        """Retention left nothing below this offset of an audit partition."""
        self.kept[partition] = Kept(offset)

    def take(self, partition: int, values: Sequence[AuditValue]) -> None:
        """What stands next in one audit partition."""
        if values and self.kept[partition].oldest_ms is None:
            self.kept[partition] = Kept(self.kept[partition].begin, values[0].timestamp)
        for stands in values:
            self.values += 1
            entry = read_entry(stands.value)
            if entry is None:
                self.foreign += 1
                continue
            if entry.pipeline not in self.pipelines and len(self.pipelines) < _MOST_PIPELINES:
                self.pipelines.add(entry.pipeline)
            account = self._by_name.get((entry.topic, entry.partition))
            if account is None or entry.pipeline != self._pipeline:
                continue
            if entry.partition != partition:
                self.misplaced += 1
            elif isinstance(entry, Told):
                account.take(entry, stands.offset)
                if entry.replay_of is not None and account.admits(entry):
                    self.replayed[TopicPartition(*entry.replay_of)] += 1
            else:
                account.take_over(entry)

    @property
    def complete(self) -> int:
        """Records with all their outcomes, so far."""
        return sum(account.complete for account in self.of.values())
