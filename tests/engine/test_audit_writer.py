"""Stage audit: what is rejected, failed or expired is kept before it is audited; nothing settles early."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.core.record import TopicPartition
from pipeline.engine.assignment import Chunk
from pipeline.ports import DeadLetter, LogEntry
from tests.support.clock import settle
from tests.support.engine import PARTITION, TOPIC, RunningWorker, World, event, record
from tests.support.engine_ports import FakeAuditLog, FakeDeadLetters


async def test_a_dead_letter_stands_before_its_audit_record() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        poison = record(0, b"{", key=b"key")
        await worker.take([poison, record(1, event(1, sandbox={"status": "400"})), record(2, event(2))])

    kept = [(letter.key, letter.value) for letter in world.letters.letters]
    assert kept == [(b"key", b"{"), (None, event(1, sandbox={"status": "400"}))]
    assert world.letters.audited[0] == 0
    headers = dict(world.letters.letters[0].headers)
    assert (headers["reason"], headers["source_offset"]) == (b"invalid_json", b"0")


async def test_a_failed_append_gives_the_partition_up() -> None:
    """What was appended may stand: writing it again could account twice."""
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.audit.failing.append(False)
        await worker.take([record(0, event(0))])
        await worker.take([record(1, event(1))])

        assert worker.given_up == [PARTITION]
        assert worker.engine.partitions.held == []
        assert worker.engine.partitions.budget.events == 0
    assert world.audit.records() == []
    assert len(world.destination.sent) == 1


async def test_outcomes_that_come_during_an_append_go_with_the_next() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.audit.hold()
        await worker.take([record(0, event(0))])
        await worker.take([record(offset, event(offset)) for offset in range(1, 20)])
        appends = world.audit.appends
        world.audit.go_on()
        await settle()

    assert world.audit.appends - appends == 1
    assert len(world.audit.records()) == 20


class StuckAudit(FakeAuditLog):
    """Of partition 0 it acknowledges nothing once `is_stuck`."""

    is_stuck = False

    async def append(self, partition: int, entries: Sequence[LogEntry]) -> list[int]:
        if self.is_stuck and partition == 0:
            await asyncio.Event().wait()
        return await super().append(partition, entries)


class StuckLetters(FakeDeadLetters):
    """It acknowledges nothing."""

    async def append(self, letters: Sequence[DeadLetter]) -> None:
        await asyncio.Event().wait()


async def _take(worker: RunningWorker, partition: int, value: bytes) -> None:
    taken = [replace(record(0, value), partition=partition)]
    assignment = worker.engine.partitions.receive(TopicPartition(TOPIC, partition), taken)
    assert assignment is not None
    worker.engine.process(Chunk(assignment, taken))
    await settle()


@pytest.mark.parametrize("value", [event(0), b"poison"])
async def test_a_partition_whose_brokers_do_not_answer_keeps_no_other_waiting(value: bytes) -> None:
    """Neither with its outcomes nor with its dead letters."""
    audit = StuckAudit()
    world = World(audit=audit)
    world.letters = StuckLetters(audit)
    async with world.worker() as worker:
        both = [TopicPartition(TOPIC, number) for number in (0, 1)]
        worker.engine.partitions.register(await worker.engine.partitions.open(both))
        audit.is_stuck = True
        await _take(worker, 0, value)
        await _take(worker, 1, event(1))

        assert (audit.records(0), len(audit.records(1))) == ([], 1)
