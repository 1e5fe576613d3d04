"""`reconcile` on topics with everything planted that may be wrong, and with all that is not."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.config.kafka import Kafka
from pipeline.core.audit import (
    AuditEntry,
    AuditRecord,
    OutcomeKind,
    Position,
    SourcePartition,
    SourcePosition,
    encode,
)
from pipeline.core.dead_letter import Origin, Rank, replay_headers
from tests.support.audit_entries import AT, assignment_marker, audit_record
from tests.support.kafka.broker import Broker
from tests.support.own_topics import config_file, own_topics
from tests.support.reconciled import Reconciled, reconciled
from tests.support.worker.operator import Operator
from tests.support.worker.topic import Letter, new_producer, produce, send

PIPELINE = "kameleoon-abcdefghij"
FOREIGN = b"something else"


@dataclass(frozen=True)
class Stage:
    """Topics of four partitions to put anything on, and the verb."""

    servers: str
    kafka: Kafka
    config: str
    operator: Operator

    async def stand(self, counts: Sequence[int]) -> None:
        """So many records in each partition of the events topic."""
        letters = [Letter(b"{}", None, number) for number, count in enumerate(counts) for _ in range(count)]
        await produce(self.servers, self.kafka.topics.events, letters)

    async def tell(self, partition: int, entries: Sequence[AuditEntry | bytes]) -> None:
        """What the audit topic tells next in a partition."""
        values = [entry if isinstance(entry, bytes) else encode(entry) for entry in entries]
        await produce(
            self.servers, self.kafka.topics.audit, [Letter(value, None, partition) for value in values]
        )

    def read_from(self, topic: str) -> None:
        """Take another events topic."""
        file = Path(self.config)
        file.write_text(file.read_text().replace(self.kafka.topics.events, topic))

    def marker(self, partition: int = 0, epoch: int = 1, position: int = 0, pass_: int = 1) -> AuditEntry:
        source = SourcePartition(self.kafka.topics.events, partition)
        return assignment_marker(source=source, epoch=epoch, pass_=pass_, position=position)

    def outcome(self, offset: int, partition: int = 0, **changes: object) -> AuditRecord:
        source = SourcePosition(self.kafka.topics.events, partition, offset, 0)
        return audit_record(source=source, **changes)

    async def reconcile(self, *options: str) -> Reconciled:
        return await reconciled(self.config, "--pipeline", PIPELINE, "--to-end", *options)


@pytest.fixture
async def stage(kafka: Broker, unique: str, tmp_path: Path) -> AsyncIterator[Stage]:
    with own_topics(kafka, unique) as section:
        kafka.topic(name=section.topics.audit)
        kafka.topic(name=section.topics.events)
        kafka.topic(name=section.topics.replays)
        config = config_file(tmp_path, kafka, unique)
        yield Stage(kafka.bootstrap_servers, section, config, Operator(kafka.bootstrap_servers))


async def test_every_planted_mistake_is_found_where_it_is(stage: Stage) -> None:
    await stage.stand([8, 3, 0, 1])
    told = [
        stage.marker(),
        stage.outcome(0),
        FOREIGN,
        stage.outcome(2),
        stage.outcome(3, pipeline="another"),
        stage.outcome(4, part=1, parts=2, mapping="A"),
        stage.outcome(5, part=1, parts=2, mapping="A"),
        stage.outcome(5, part=2, parts=2, mapping="B"),
        stage.marker(epoch=2, position=3),
        stage.outcome(0, epoch=1),
        stage.outcome(2, epoch=2),
        stage.outcome(6, part=3, parts=2, epoch=2),
        stage.outcome(7, epoch=2),
        stage.outcome(9, epoch=2),
    ]
    await stage.tell(0, told)
    await stage.tell(1, [stage.marker(1), *(stage.outcome(offset, 1) for offset in (2, 0, 1))])
    await stage.tell(3, [stage.outcome(0, 1)])

    found = await stage.reconcile()

    assert found.exit_code == ExitCode.FOUND
    assert found.wrong == {
        (0, 1): "missing",
        (0, 2): "double",
        (0, 3): "missing",
        (0, 4): "incomplete",
        (0, 6): "contradictory",
        (3, 0): "missing",
    }
    assert (found.told["foreign"], found.told["misplaced"], found.total("void")) == (1, 1, 1)
    assert (found.total("records"), found.total("complete")) == (12, 6)


async def test_replays_of_another_pipeline_are_not_missed(stage: Stage) -> None:
    """Nor what is no replay: the workers pass by both without an outcome."""
    at = Position(stage.kafka.topics.events, 0, 0)
    letters = [
        Letter(b"{}", None, 0, replay_headers(Origin(pipeline, None, at), Rank(1, 1), AT))
        for pipeline in (PIPELINE, "another", PIPELINE)
    ]
    await produce(stage.servers, stage.kafka.topics.replays, [*letters, Letter(b"{}", None, 0)])
    source = SourcePosition(stage.kafka.topics.replays, 0, 0, 0)
    await stage.tell(0, [audit_record(source=source, replay_of=at)])

    found = await stage.reconcile()

    assert found.wrong == {(0, 2): "missing"}
    assert (found.total("records"), found.total("complete")) == (2, 1)


async def test_a_partition_that_is_not_there_is_told(stage: Stage) -> None:
    arguments = ["reconcile", "--config", stage.config, "--pipeline", PIPELINE, "--from", "4:0"]

    result = await asyncio.to_thread(CliRunner().invoke, app, arguments)

    assert result.exit_code == ExitCode.USAGE
    assert "has no partition 4: its last one is 3" in result.stderr


@pytest.mark.kafka
async def test_gaps_of_transactions_are_no_missing_records(stage: Stage, unique: str) -> None:
    topic = stage.kafka.topics.events
    producer = new_producer(stage.servers, transactional_id=unique)
    await producer.start()
    try:
        for number in range(12):
            await producer.begin_transaction()
            await send(producer, topic, [Letter(b"{}", None, 0)] * 3)
            await (producer.abort_transaction if number % 3 == 1 else producer.commit_transaction)()
    finally:
        await producer.stop()
    standing = [number * 4 + index for number in range(12) if number % 3 != 1 for index in range(3)]

    await stage.tell(0, [stage.marker(), *(stage.outcome(offset) for offset in standing)])
    clean = await stage.reconcile()
    aborted, marker = 5, 3
    await stage.tell(0, [stage.outcome(aborted), stage.outcome(marker)])
    found = await stage.reconcile()

    assert (clean.exit_code, clean.wrong, clean.total("complete")) == (ExitCode.FINE, {}, 24)
    assert found.wrong == {(0, aborted): "unexpected", (0, marker): "unexpected"}


@pytest.mark.kafka
async def test_what_retention_removed_is_said_and_no_false_alarm(stage: Stage) -> None:
    await stage.stand([10])
    lost = stage.outcome(2, outcome=OutcomeKind.LOST)
    value = encode(lost)[:-1] + b',"lost_through":3}'
    await stage.tell(0, [stage.marker(), stage.outcome(0), stage.outcome(1), value])
    await stage.tell(0, [stage.outcome(offset) for offset in range(4, 10)])
    stage.operator.delete_records(stage.kafka.topics.events, {0: 6})

    found = await stage.reconcile()

    assert (found.exit_code, found.wrong) == (ExitCode.FINE, {})
    assert (found.total("records"), found.total("removed"), found.total("lost")) == (4, 6, 2)


@pytest.mark.kafka
async def test_records_older_than_what_is_left_of_the_audit_are_not_judged(stage: Stage) -> None:
    """Partition 1 lost the beginning of its audit and goes on; partition 0 has all of it."""
    day_ms = 86_400_000
    now_ms = 1_795_348_800_000
    times = [now_ms - 2 * day_ms, now_ms - day_ms, now_ms + day_ms, now_ms + day_ms]
    letters = [Letter(b"{}", None, number, timestamp_ms=time) for number in (0, 1) for time in times]
    await produce(stage.servers, stage.kafka.topics.events, letters)
    for number in (0, 1):
        entries = [stage.marker(number), *(stage.outcome(offset, number) for offset in (0, 2))]
        stood = [Letter(encode(entry), None, number, timestamp_ms=now_ms) for entry in entries]
        await produce(stage.servers, stage.kafka.topics.audit, stood)
    stage.operator.delete_records(stage.kafka.topics.audit, {1: 2})

    found = await stage.reconcile()

    assert found.wrong == {(0, 1): "missing", (0, 3): "missing", (1, 3): "missing"}
    assert found.total("too_old") == 2


@pytest.mark.kafka
async def test_an_outcome_of_what_was_compacted_away_is_no_alarm(
    kafka: Broker, unique: str, stage: Stage
) -> None:
    topic = kafka.topic(1, {"cleanup.policy": "compact"})
    stage.read_from(topic)
    producer = new_producer(stage.servers, transactional_id=unique)
    await producer.start()
    try:
        async with producer.transaction():
            await send(producer, topic, [Letter(b"{}", b"k", 0)])
    finally:
        await producer.stop()
    source = [SourcePosition(topic, 0, offset, 0) for offset in (0, 1)]
    await stage.tell(0, [audit_record(source=place) for place in source])

    found = await stage.reconcile()

    assert (found.exit_code, found.wrong, found.total("compacted")) == (ExitCode.FINE, {}, 1)


async def test_only_what_is_asked_for_is_judged(stage: Stage) -> None:
    hour_ms, now_ms = 3_600_000, 1_795_348_800_000
    letters = [Letter(b"{}", None, 0, timestamp_ms=now_ms + number * hour_ms) for number in range(10)]
    await produce(stage.servers, stage.kafka.topics.events, [*letters, Letter(b"{}", None, 1)])

    by_offset = await stage.reconcile("--from", "0:2", "--to", "0:5")
    by_time = await stage.reconcile("--since", "2026-11-22T19:30:00Z", "--until", "2026-11-22T21:00:00Z")
    named = await stage.reconcile("--show", "1")
    all_named = await stage.reconcile("--all")

    assert list(by_offset.wrong) == [(0, 2), (0, 3), (0, 4)]
    assert [place for place in by_time.wrong if place[0] == 0] == [(0, 8)]
    assert list(named.wrong) == [(0, 0), (1, 0)]
    assert (len(all_named.wrong), named.told["counts"]["missing"]) == (11, 11)


async def test_the_newest_pass_is_judged_unless_an_older_one_is_asked_for(stage: Stage) -> None:
    await stage.stand([4])
    older = [stage.marker(), stage.outcome(0), stage.outcome(1)]
    newer = [stage.marker(epoch=7, pass_=7, position=2)]
    newer += [stage.outcome(offset, epoch=7, pass_=7) for offset in (2, 3)]
    await stage.tell(0, [*older, *newer])

    newest = await stage.reconcile()
    first = await stage.reconcile("--pass", "1")

    assert (newest.exit_code, newest.total("records"), newest.wrong) == (ExitCode.FINE, 2, {})
    assert first.wrong == {(0, 2): "missing", (0, 3): "missing"}


async def test_a_group_without_commits_is_asked_after(stage: Stage) -> None:
    arguments = ["reconcile", "--config", stage.config]
    await stage.stand([1])
    await stage.tell(0, [stage.outcome(0, pipeline="another")])

    result = await asyncio.to_thread(CliRunner().invoke, app, arguments)

    assert result.exit_code == ExitCode.USAGE
    assert "has no commits: is it the right --pipeline?" in result.stderr
    assert "nothing of that name was found; there is another\n" in result.stderr


async def test_people_get_a_table_and_sentences(stage: Stage) -> None:
    await stage.stand([2])
    await stage.tell(0, [stage.marker(), stage.outcome(0)])
    arguments = ["reconcile", "--config", stage.config, "--pipeline", PIPELINE, "--to-end"]

    result = await asyncio.to_thread(CliRunner().invoke, app, arguments)

    assert result.exit_code == ExitCode.FOUND
    assert f"{stage.kafka.topics.events} partition 0 offset 1: missing, no outcome" in result.stdout
    assert "1 of 2 records are not accounted for." in result.stdout
