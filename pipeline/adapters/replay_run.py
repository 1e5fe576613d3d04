"""`replay` at work: read what was put back, choose among the dead letters, put the chosen back.

Memory is bounded whatever the topics hold: origins are split into shares of at most `MOST_STORIES`
records, and each share reads both topics anew. The originals are read a second time, one by one.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from aiokafka import ConsumerRecord

from pipeline.adapters.replay_originals import Originals
from pipeline.adapters.replay_writer import Replay, ReplayWriter
from pipeline.adapters.topic_reader import TopicReader, open_topic
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
    """What was found and done. `chosen` counts by reason and mapping; `gone` lists what cannot be read."""

    chosen: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    at_source: int = 0
    standings: Counter[Standing] = field(default_factory=Counter)
    samples: list[Chosen] = field(default_factory=list)
    put_back: int = 0
    gone: list[Chosen] = field(default_factory=list)

    def take(self, chosen: Chosen) -> None:
        """Count one that was chosen."""
        self.chosen[chosen.letter.reason, chosen.letter.origin.mapping] += 1
        self.at_source += chosen.letter.is_at_source
        if len(self.samples) < _SAMPLES:
            self.samples.append(chosen)


@dataclass(frozen=True, slots=True)
class _Topics:
    letters: TopicReader
    replays: TopicReader
    writer: ReplayWriter | None
    originals: Originals


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

        The writer starts first: what it then reads as committed nobody else adds to.
        """
        async with AsyncExitStack() as stack:
            topics = await self._open(stack, execute=execute)
            replays, letters = await topics.replays.bounds(), await topics.letters.bounds()
            records = _size(replays) + _size(letters)
            shares = max(1, -(-records // most_stories))
            self._to_read = records * shares
            for number in range(shares):
                chosen = await self._choose(topics, replays, letters, Share(number, shares))
                if topics.writer is not None:
                    await self._put_back(topics, topics.writer, chosen)

    async def _open(self, stack: AsyncExitStack, *, execute: bool) -> _Topics:
        names = self._kafka.topics
        letters = await stack.enter_async_context(open_topic(self._kafka, names.dead_letters))
        replays = await stack.enter_async_context(open_topic(self._kafka, names.replays))
        originals = Originals(self._kafka)
        stack.push_async_callback(originals.stop)
        writer = None
        if execute:
            writer = ReplayWriter(self._kafka, replays.partitions)
            stack.push_async_callback(writer.stop)
            await writer.start()
        return _Topics(letters, replays, writer, originals)

    async def _choose(
        self,
        topics: _Topics,
        replays: Mapping[int, LogRange],
        letters: Mapping[int, LogRange],
        share: Share,
    ) -> dict[tuple[int, int], Chosen]:
        """The chosen dead letters of a share, by partition and offset."""
        selection = Selection(self._kafka.group, self._wanted, share)
        first_kept = await self._read_replays(topics.replays, replays, selection)
        selection.known_from = utc_text(max(first_kept, default=0))
        async for records in self._reading(topics.letters, letters):
            for record in records:
                selection.add_letter(read_letter(record.headers, record.partition, record.offset))
        found = {}
        for chosen in selection.choose():
            self.report.take(chosen)
            found[chosen.letter.partition, chosen.letter.offset] = chosen
        self.report.standings += selection.counts
        return found

    async def _read_replays(
        self, reader: TopicReader, bounds: Mapping[int, LogRange], selection: Selection
    ) -> list[int]:
        """Answers, for each partition that records were removed from, the time of the oldest one left."""
        oldest = {number: self._clock.now_ms() for number, held in bounds.items() if held.begin > 0}
        async for records in self._reading(reader, bounds):
            for record in records:
                selection.add_replayed(read_replayed(record.headers))
                if record.partition in oldest:
                    oldest[record.partition] = min(oldest[record.partition], record.timestamp)
        return list(oldest.values())

    async def _reading(
        self, reader: TopicReader, bounds: Mapping[int, LogRange]
    ) -> AsyncIterator[list[ConsumerRecord]]:
        async for records in reader.read(bounds):
            self._read += len(records)
            self._on_progress("reading", self._read, self._to_read)
            yield records

    async def _put_back(
        self, topics: _Topics, writer: ReplayWriter, chosen: dict[tuple[int, int], Chosen]
    ) -> None:
        """The chosen in the order of the dead letters, some in each transaction."""
        waiting: list[Replay] = []
        size = 0
        async for records in topics.letters.read(_ranges(chosen)):
            for record in records:
                found = chosen.get((record.partition, record.offset))
                replay = None if found is None else await self._replay(topics.originals, found, record)
                if replay is None:
                    continue
                waiting.append(replay)
                size += len(replay.value or b"")
                if len(waiting) >= _TRANSACTION_RECORDS or size >= _TRANSACTION_BYTES:
                    await self._commit(writer, waiting)
                    waiting, size = [], 0
        await self._commit(writer, waiting)

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


def _size(bounds: Mapping[int, LogRange]) -> int:
    return sum(held.end - held.begin for held in bounds.values())


def _ranges(chosen: Mapping[tuple[int, int], Chosen]) -> dict[int, LogRange]:
    """From the first chosen dead letter of each partition to its last."""
    found: dict[int, LogRange] = {}
    for partition, offset in chosen:
        held = found.get(partition, LogRange(offset, offset + 1))
        found[partition] = LogRange(min(held.begin, offset), max(held.end, offset + 1))
    return found
