"""The engine's ports in memory: the audit topic, the dead letters, the consumer group."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from pipeline.core.audit import AuditRecord
from pipeline.core.audit_decode import decode_audit
from pipeline.core.commit import Committed, LogRange
from pipeline.core.record import TopicPartition
from pipeline.ports import Commit, DeadLetter, LogEntry, LogUnavailable


class FakeAuditLog:
    """The port AuditLog in memory. After `hold` appends wait; while `is_down` they fail.

    `failing` are the next appends to fail, True for one that stands nevertheless.
    """

    def __init__(self) -> None:
        self.logs: dict[int, list[bytes]] = {}
        self.is_down = False
        self.failing: deque[bool] = deque()
        self.appends = 0
        self._gate = asyncio.Event()
        self._gate.set()

    def hold(self) -> None:
        self._gate.clear()

    def go_on(self) -> None:
        self._gate.set()

    async def append(self, partition: int, entries: Sequence[LogEntry]) -> list[int]:
        self.appends += 1
        await self._gate.wait()
        await asyncio.sleep(0)
        if self.is_down:
            raise LogUnavailable("the audit is down")
        stands = self.failing.popleft() if self.failing else None
        log = self.logs.setdefault(partition, [])
        first = len(log)
        if stands is not False:
            log.extend(entry.value for entry in entries)
        if stands is not None:
            raise LogUnavailable("the acknowledgement did not come")
        return list(range(first, len(log)))

    async def ranges(self, partitions: Iterable[int]) -> dict[int, LogRange]:
        if self.is_down:
            raise LogUnavailable("the audit is down")
        return {partition: LogRange(0, len(self.logs.get(partition, []))) for partition in partitions}

    async def read(self, partition: int, begin: int, end: int) -> AsyncIterator[tuple[int, bytes]]:
        for offset, value in enumerate(self.logs.get(partition, [])[begin:end], begin):
            yield offset, value

    def records(self, partition: int = 0) -> list[AuditRecord]:
        entries = (decode_audit(value) for value in self.logs.get(partition, []))
        return [entry for entry in entries if isinstance(entry, AuditRecord)]


class FakeDeadLetters:
    """The port DeadLetters in memory; `audited` notes how much audit stood at each append.

    While `is_down` it takes none.
    """

    def __init__(self, audit: FakeAuditLog) -> None:
        self.letters: list[DeadLetter] = []
        self.audited: list[int] = []
        self.is_down = False
        self._audit = audit

    async def append(self, letters: Sequence[DeadLetter]) -> None:
        await asyncio.sleep(0)
        if self.is_down:
            raise LogUnavailable("the dead letters are down")
        self.letters.extend(letters)
        self.audited.extend([len(self._audit.records())] * len(letters))


class FakeGroup:
    """The port ConsumerGroup in memory, with what each partition of the events topic holds.

    After `hold` commits wait; `let_later_ones_pass` lets only those wait that wait by then.
    """

    def __init__(self) -> None:
        self.commits: dict[TopicPartition, Committed] = {}
        self.events: dict[TopicPartition, LogRange] = {}
        self.is_down = False
        self._gate = asyncio.Event()
        self._gate.set()
        self._held = self._gate

    def hold(self) -> None:
        self._gate = self._held = asyncio.Event()

    def let_later_ones_pass(self) -> None:
        self._gate = asyncio.Event()
        self._gate.set()

    def go_on(self) -> None:
        self._held.set()

    async def committed(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Committed | None]:
        self._check()
        return {partition: self.commits.get(partition) for partition in partitions}

    async def ranges(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, LogRange]:
        self._check()
        return {partition: self.events.get(partition, LogRange(0, 0)) for partition in partitions}

    async def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        await self._gate.wait()
        await asyncio.sleep(0)
        self._check()
        for partition, commit in commits.items():
            self.commits[partition] = Committed(commit.offset, commit.metadata.encode())

    def _check(self) -> None:
        if self.is_down:
            raise LogUnavailable("the group is down")
