"""`replay` at work: read what was put back, choose among the dead letters, put the chosen back.

Memory is bounded whatever the topics hold: origins are split into shares of at most `MOST_STORIES`
records, and each share reads both topics anew. The originals are read a second time, one by one.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from aiokafka import ConsumerRecord, TopicPartition

from pipeline.adapters.kafka_admin import open_admin
from pipeline.adapters.replay_originals import Originals
from pipeline.adapters.replay_writer import Replay, ReplayWriter
from pipeline.adapters.topic_scan import Removed, TopicScan, open_scan
from pipeline.config.kafka import Kafka
from pipeline.core.commit import LogRange
from pipeline.core.dead_letter import replay_headers
from pipeline.core.replay_letter import read_letter, read_replayed
from pipeline.core.replay_selection import Chosen, Selection, Share, Standing, Wanted
from pipeline.core.utc import utc_text
from pipeline.ports import Clock

MOST_STORIES: Final = 250_000
_TRANSACTION_RECORDS: Final = 500
_TRANSACTION_BYTES: Final = 1024 * 1024
_SAMPLES: Final = 10

Progress = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is."""


@dataclass(slots=True)
class Report:
    """What was found and done. `chosen` counts by reason and mapping; `gone` lists what cannot be read.

    `mappings` are those of all dead letters, asked for or not.
    """

    chosen: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    at_source: int = 0
    standings: Counter[Standing] = field(default_factory=Counter)
    samples: list[Chosen] = field(default_factory=list)
    put_back: int = 0
    gone: list[Chosen] = field(default_factory=list)
    mappings: set[str] = field(default_factory=set)

    def take(self, chosen: Chosen) -> None:
        """Count one that was chosen."""
        self.chosen[chosen.letter.reason, chosen.letter.origin.mapping] += 1
        self.at_source += chosen.letter.is_at_source
        if len(self.samples) < _SAMPLES:
            self.samples.append(chosen)


_Ranges = Mapping[TopicPartition, LogRange]


@dataclass(frozen=True, slots=True)
class _Topics:
    """What there is to read: `letters` and `replays` hold what stood there at the start."""

    scan: TopicScan
    letters: _Ranges
    replays: _Ranges
    originals: Originals

    @property
    def records(self) -> int:
        return sum(
            held.end - held.begin for ranges in (self.letters, self.replays) for held in ranges.values()
        )


class ReplayRun:
    """One run of the verb; `report` tells how far it came, also after an error."""

    def __init__(self, kafka: Kafka, wanted: Wanted, clock: Clock, on_progress: Progress) -> None:
        self._kafka = kafka
        self._wanted = wanted
        self._clock = clock
        self._on_progress = on_progress
        self._read = 0
        self._to_read = 0
        self.report = Report()

    async def run(self, *, execute: bool, most_stories: int = MOST_STORIES) -> None:
        """Choose, and put back if it is to be done. Raises BrokerError.

        The writer starts first: to what is then read as committed nobody else adds.
        """
        async with AsyncExitStack() as stack:
            letters, replays = await self._partitions()
            writer = await self._writer(stack, len(replays)) if execute else None
            topics = await self._topics(stack, letters, replays)
            shares = max(1, -(-topics.records // most_stories))
            self._to_read = topics.records * shares
            for number in range(shares):
                chosen = await self._choose(topics, Share(number, shares))
                if writer is not None:
                    await self._put_back(topics, writer, chosen)

    async def _partitions(self) -> tuple[list[TopicPartition], list[TopicPartition]]:
        """Those of the dead letters, those of the replays."""
        names = self._kafka.topics.dead_letters, self._kafka.topics.replays
        async with open_admin(self._kafka) as admin:
            letters, replays = [
                [TopicPartition(name, number) for number in range(await admin.partitions(name))]
                for name in names
            ]
        return letters, replays

    async def _writer(self, stack: AsyncExitStack, partitions: int) -> ReplayWriter:
        writer = ReplayWriter(self._kafka, partitions)
        stack.push_async_callback(writer.stop)
        await writer.start()
        return writer

    async def _topics(
        self, stack: AsyncExitStack, letters: list[TopicPartition], replays: list[TopicPartition]
    ) -> _Topics:
        scan = await stack.enter_async_context(open_scan(self._kafka))
        originals = Originals(self._kafka)
        stack.push_async_callback(originals.stop)
        return _Topics(scan, await scan.ranges(letters), await scan.ranges(replays), originals)

    async def _choose(self, topics: _Topics, share: Share) -> dict[tuple[int, int], Chosen]:
        """The chosen dead letters of a share, by partition and offset."""
        selection = Selection(self._kafka.group, self._wanted, share)
        oldest_ms = await self._read_replays(topics, selection)
        selection.known_from = utc_text(max(oldest_ms, default=0))
        async for found in topics.scan.read(topics.letters):
            if isinstance(found, Removed):
                continue
            for record in found.records:
                selection.add_letter(read_letter(record.headers, record.partition, record.offset))
            self._count(len(found.records))
        chosen = {(each.letter.partition, each.letter.offset): each for each in selection.choose()}
        for each in chosen.values():
            self.report.take(each)
        self.report.standings += selection.counts
        self.report.mappings |= selection.mappings
        return chosen

    async def _read_replays(self, topics: _Topics, selection: Selection) -> list[int]:
        """Answers, for each partition that records were removed from, the time of the oldest one left."""
        now_ms = self._clock.now_ms()
        oldest = {partition: now_ms for partition, held in topics.replays.items() if held.begin > 0}
        async for found in topics.scan.read(topics.replays):
            if isinstance(found, Removed):
                oldest.setdefault(found.partition, now_ms)
                continue
            for record in found.records:
                selection.add_replayed(read_replayed(record.headers))
            if found.partition in oldest:
                oldest_read = min(record.timestamp for record in found.records)
                oldest[found.partition] = min(oldest[found.partition], oldest_read)
            self._count(len(found.records))
        return list(oldest.values())

    def _count(self, records: int) -> None:
        self._read += records
        self._on_progress("reading", self._read, self._to_read)

    async def _put_back(
        self, topics: _Topics, writer: ReplayWriter, chosen: Mapping[tuple[int, int], Chosen]
    ) -> None:
        """The chosen in the order of the dead letters, some in each transaction."""
        waiting: list[Replay] = []
        size = 0
        async for replay in self._replays(topics, chosen):
            waiting.append(replay)
            size += len(replay.value or b"")
            if len(waiting) >= _TRANSACTION_RECORDS or size >= _TRANSACTION_BYTES:
                await self._commit(writer, waiting)
                waiting, size = [], 0
        await self._commit(writer, waiting)

    async def _replays(
        self, topics: _Topics, chosen: Mapping[tuple[int, int], Chosen]
    ) -> AsyncIterator[Replay]:
        async for found in topics.scan.read(_ranges(self._kafka.topics.dead_letters, chosen)):
            for record in () if isinstance(found, Removed) else found.records:
                each = chosen.get((record.partition, record.offset))
                replay = None if each is None else await self._replay(topics.originals, each, record)
                if replay is not None:
                    yield replay

    async def _commit(self, writer: ReplayWriter, replays: list[Replay]) -> None:
        if replays:
            await writer.put(replays)
            self.report.put_back += len(replays)
            self._on_progress("putting back", self.report.put_back, self.report.chosen.total())

    async def _replay(self, originals: Originals, chosen: Chosen, record: ConsumerRecord) -> Replay | None:
        """The record to put back; None when its original is gone."""
        value = record.value
        if chosen.letter.is_at_source:
            original = await originals.read(record.headers)
            if original is None:
                self.report.gone.append(chosen)
                return None
            value = original.value
        origin = chosen.letter.origin
        at = utc_text(self._clock.now_ms())
        headers = replay_headers(origin, chosen.rank, at, tuple(record.headers))
        return Replay(origin.position.partition, record.key, value, headers)


def _ranges(topic: str, chosen: Iterable[tuple[int, int]]) -> _Ranges:
    """From the first chosen dead letter of each partition to its last."""
    found: dict[TopicPartition, LogRange] = {}
    for number, offset in chosen:
        partition = TopicPartition(topic, number)
        held = found.get(partition, LogRange(offset, offset + 1))
        found[partition] = LogRange(min(held.begin, offset), max(held.end, offset + 1))
    return found
