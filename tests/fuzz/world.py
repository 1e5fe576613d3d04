"""Records through the whole engine on fakes: each must come to exactly one complete account."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.core.audit import AuditRecord, OutcomeKind
from pipeline.core.audit_decode import decode_audit
from pipeline.core.plan import Plan
from pipeline.core.record import Record
from tests.support.clock import settle
from tests.support.engine import RunningWorker, World, record

SLOWEST_CHUNK_S: Final = 20.0
_LONGEST_AUDIT: Final = 16_384
_PATIENCE: Final = 400
_UNDELIVERED: Final = frozenset({OutcomeKind.REJECTED, OutcomeKind.FAILED, OutcomeKind.EXPIRED})

Chunk = Sequence[bytes | None]


@dataclass
class Figures:
    """What was seen of all records."""

    records: int = 0
    bytes: int = 0
    requests: int = 0
    largest_request: int = 0
    slowest_chunk_s: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)


async def run_workers(plan: Plan, lives: Sequence[Sequence[Chunk]], figures: Figures) -> None:
    """One worker after the other takes its chunks and crashes; every record must be accounted for."""
    fed = _Fed(plan, figures)
    for chunks in lives:
        await fed.live(chunks)


class _Fed:
    """A partition that is fed chunk by chunk; after each one everything must have settled."""

    def __init__(self, plan: Plan, figures: Figures) -> None:
        self._world = World(plan=plan, max_in_flight_events=512, concurrency=64, max_attempts=2)
        self._figures = figures
        self._offset = 0
        self._audited = 0
        self._letters = 0
        self._sent = 0

    async def live(self, chunks: Sequence[Chunk]) -> None:
        async with self._world.worker() as worker:
            await worker.open()
            for values in chunks:
                await self._feed(worker, values)

    async def _feed(self, worker: RunningWorker, values: Chunk) -> None:
        records = [record(self._offset + index, value) for index, value in enumerate(values)]
        self._offset += len(records)
        started_s = time.process_time()
        await worker.take(records)
        await self._until_settled(worker)
        took_s = time.process_time() - started_s
        assert took_s < SLOWEST_CHUNK_S, f"{took_s:.1f} s for {len(records)} records"
        self._check(records)
        self._count(records, took_s)

    async def _until_settled(self, worker: RunningWorker) -> None:
        partitions = worker.engine.partitions
        for _ in range(_PATIENCE):
            for service in worker.services:
                assert not service.done(), service.exception()
            if partitions.budget.events == 0:
                return
            await settle()
            if partitions.budget.events:
                await self._world.clock.advance(1.0)
        raise AssertionError(f"stalled with {partitions.budget.events} records that never settle")

    def _check(self, records: Sequence[Record]) -> None:
        """Each record has its parts 1 to n once, and a dead letter for each part that was not delivered."""
        parts: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        undelivered = 0
        for found in self._new_audit():
            parts[found.source.offset].append((found.part, found.parts))
            undelivered += found.outcome in _UNDELIVERED
            self._figures.outcomes[f"{found.outcome} {found.reason}"] += 1
        for taken in records:
            numbers = sorted(parts.pop(taken.offset, []))
            count = numbers[0][1] if numbers else 1
            assert numbers == [(part, count) for part in range(1, count + 1)], (numbers, taken.value)
        assert not parts
        letters = self._world.letters.letters
        assert len(letters) - self._letters == undelivered
        self._letters = len(letters)

    def _new_audit(self) -> list[AuditRecord]:
        log = self._world.audit.logs[0]
        new, self._audited = log[self._audited :], len(log)
        assert max(map(len, new)) < _LONGEST_AUDIT
        return [entry for value in new if isinstance(entry := decode_audit(value), AuditRecord)]

    def _count(self, records: Sequence[Record], took_s: float) -> None:
        figures, sent = self._figures, self._world.destination.sent
        for body in sent[self._sent :]:
            assert isinstance(json.loads(body), dict)
            figures.largest_request = max(figures.largest_request, len(body))
        figures.requests += len(sent) - self._sent
        self._sent = len(sent)
        figures.records += len(records)
        figures.bytes += sum(taken.size_bytes for taken in records)
        figures.slowest_chunk_s = max(figures.slowest_chunk_s, took_s)
