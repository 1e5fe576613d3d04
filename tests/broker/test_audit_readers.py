"""`audit tail` and `audit summary` on an audit topic with all that may stand there."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner, Result

from pipeline.adapters import audit_reader
from pipeline.adapters.kafka_admin import open_admin
from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.config.kafka import Kafka
from pipeline.core.audit import (
    AuditRecord,
    OutcomeKind,
    Position,
    SourcePosition,
    decode_audit,
    encode,
    utc_text,
)
from pipeline.core.outcome import Reason, Stage
from pipeline.core.topic_plan import ExtendPartitions
from tests.support.audit_entries import assignment_marker, audit_record
from tests.support.kafka.broker import Broker
from tests.support.own_topics import config_file, own_topics

NOON_MS = 1_795_348_800_000


@pytest.fixture
def own(kafka: Broker, unique: str) -> Iterator[Kafka]:
    with own_topics(kafka, unique) as section:
        kafka.topic(name=section.topics.audit)
        yield section


@pytest.fixture
def config(kafka: Broker, unique: str, tmp_path: Path, own: Kafka) -> str:
    return config_file(tmp_path, kafka, unique)


def _delivered(number: int, **changes: object) -> bytes:
    source = SourcePosition("segment-events", number % 4, number // 4, NOON_MS)
    at = utc_text(NOON_MS + number)
    return encode(audit_record(source=source, decided_at=at, message_id=f"m-{number}", **changes))


async def _send(own: Kafka, values: list[tuple[int, bytes]]) -> None:
    servers = list(own.bootstrap_servers)
    producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True)
    await producer.start()
    try:
        for partition, value in values:
            await producer.send_and_wait(own.topics.audit, value, partition=partition)
    finally:
        await producer.stop()


def _fill(own: Kafka, values: list[tuple[int, bytes]]) -> None:
    asyncio.run(_send(own, values))


def _audit(verb: str, config: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["audit", verb, "--config", config, *options])


def _message_ids(lines: str) -> list[str | None]:
    return [json.loads(line)["message_id"] for line in lines.split("\n") if line]


def test_the_summary_counts_what_holds(own: Kafka, config: str) -> None:
    filtered = encode(
        audit_record(
            outcome=OutcomeKind.FILTERED,
            reason=Reason.NO_MAPPING_MATCHED,
            stage=Stage.TRIGGER,
            source=SourcePosition("segment-events", 1, 0, NOON_MS),
        )
    )
    _fill(
        own,
        [
            (0, _delivered(0)),
            (0, encode(assignment_marker(epoch=2))),
            (0, _delivered(4)),
            (0, _delivered(8, epoch=2, has_visitor_code=False, possible_duplicate=True)),
            (1, filtered),
            (2, b"something else"),
        ],
    )

    found = json.loads(_audit("summary", config, "--json").stdout)

    assert found["outcomes"]["delivered"] == 2
    assert found["reasons"] == [
        {"outcome": "delivered", "reason": "accepted", "count": 2},
        {"outcome": "filtered", "reason": "no_mapping_matched", "count": 1},
    ]
    assert found["delivered_without_visitor_code"] == {"count": 1, "share": 0.5}
    assert (found["possible_duplicates"], found["void"], found["foreign"]) == (1, 1, 1)
    assert found["latency_ms"]["max"] == 12.5


def test_the_summary_is_a_table_for_people(own: Kafka, config: str) -> None:
    _fill(own, [(number % 4, _delivered(number)) for number in range(3)])

    shown = _audit("summary", config).stdout

    assert "delivered  accepted        3  100.0%" in shown
    assert "0 of 3 (0.0%)" in shown


def test_an_empty_audit_is_summed_up_too(own: Kafka, config: str) -> None:
    assert json.loads(_audit("summary", config, "--json").stdout)["records"] == 0
    assert _audit("summary", config).exit_code == ExitCode.FINE


def test_the_tail_shows_the_last_of_all_partitions_in_order(own: Kafka, config: str) -> None:
    _fill(own, [(number % 4, _delivered(number)) for number in range(40)])

    shown = _audit("tail", config, "--no-follow", "--json", "-n", "6").stdout

    assert _message_ids(shown) == [f"m-{number}" for number in range(34, 40)]


def test_from_the_beginning_the_tail_shows_every_record_that_holds(own: Kafka, config: str) -> None:
    marker = encode(assignment_marker(epoch=2))
    _fill(own, [(0, _delivered(0)), (0, marker), (0, _delivered(4)), (0, b"?"), (0, _delivered(8, epoch=2))])

    shown = _audit("tail", config, "--no-follow", "--json", "--from-beginning").stdout

    assert _message_ids(shown) == ["m-0", "m-8"]


def test_a_line_of_the_tail_is_the_record(own: Kafka, config: str) -> None:
    _fill(own, [(0, _delivered(0))])

    shown = _audit("tail", config, "--no-follow", "--json").stdout

    assert decode_audit(shown.encode()) == decode_audit(_delivered(0))


def test_a_senders_text_cannot_command_the_terminal(own: Kafka, config: str) -> None:
    _fill(own, [(0, _delivered(0, event_name="\x1b[31mred\t[bold]"))])

    shown = _audit("tail", config, "--no-follow").stdout

    assert "\x1b" not in shown
    assert "\ufffd[31mred\ufffd[bold]" in shown


def test_the_tail_follows_until_it_is_interrupted(own: Kafka, config: str) -> None:
    _fill(own, [(0, _delivered(0))])
    command = [sys.executable, "-m", "pipeline.cli.main", "audit", "tail", "--config", config, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as tail:
        try:
            assert tail.stdout is not None
            assert tail.stderr is not None
            assert _message_ids(tail.stdout.readline()) == ["m-0"]
            _fill(own, [(1, _delivered(1))])
            assert _message_ids(tail.stdout.readline()) == ["m-1"]
            tail.send_signal(signal.SIGINT)
            assert tail.wait(timeout=30) == ExitCode.FINE
            assert "Traceback" not in tail.stderr.read()  # the client may have warned of a new topic
        finally:
            tail.kill()


async def test_partitions_that_are_added_are_read_too(own: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the delivery page does, which runs for months."""
    monkeypatch.setattr(audit_reader, "_LOOK_FOR_PARTITIONS_MS", 200)
    async with audit_reader.open_audit(own) as reader, open_admin(own) as admin:
        await reader.seek(None)
        await _send(own, [(0, _delivered(0))])
        assert await _next(reader) == ["m-0"]
        await admin.apply(ExtendPartitions(own.topics.audit, 4, 6))
        await _send(own, [(5, _delivered(1))])
        assert await _next(reader) == ["m-1"]
        await _send(own, [(0, _delivered(2))])
        assert await _next(reader) == ["m-2"]


async def _next(reader: audit_reader.AuditReader) -> list[str | None]:
    """The message ids of the next records; none after half a minute without any."""
    for _ in range(60):
        entries = [decode_audit(record.value) for record in await reader.more()]
        if entries:
            return [entry.message_id for entry in entries if isinstance(entry, AuditRecord)]
    return []


def test_only_one_pipeline_is_shown_when_asked(own: Kafka, config: str) -> None:
    _fill(own, [(0, _delivered(0)), (0, _delivered(4, pipeline="another"))])

    tail = _audit("tail", config, "--no-follow", "--json", "--pipeline", "another").stdout
    summary = _audit("summary", config, "--json", "--pipeline", "another").stdout

    assert _message_ids(tail) == ["m-4"]
    assert json.loads(summary)["records"] == 1


def test_a_pipeline_that_nothing_tells_of_is_told_with_those_there_are(own: Kafka, config: str) -> None:
    _fill(own, [(0, _delivered(0)), (0, _delivered(4, pipeline="another"))])

    for verb, options in (("tail", ("--no-follow",)), ("summary", ())):
        wrong = _audit(verb, config, "--json", "--pipeline", "anothr", *options)
        right = _audit(verb, config, "--json", "--pipeline", "another", *options)

        assert wrong.exit_code == ExitCode.FINE
        assert "--pipeline anothr: nothing of that name was found; there is another, " in wrong.stderr
        assert "nothing of that name" not in right.stderr


def test_one_events_way_through_parts_and_replays_is_told_in_order(own: Kafka, config: str) -> None:
    again = {"source": SourcePosition("kameleoon-replays", 3, 5, NOON_MS), "message_id": "m-0"}
    replayed = audit_record(
        **again, decided_at=utc_text(NOON_MS + 9), replay_of=Position("segment-events", 0, 0)
    )
    _fill(own, [(3, encode(replayed)), (0, _delivered(0)), (1, _delivered(1)), (0, b"?")])

    shown = _audit("tail", config, "--message-id", "m-0", "--json")
    newest = _audit("tail", config, "--message-id", "m-0", "--json", "--last", "1")

    assert shown.exit_code == ExitCode.FINE
    assert shown.stderr == ""
    assert [json.loads(line)["replay_of"] is None for line in shown.stdout.splitlines()] == [True, False]
    assert _message_ids(shown.stdout) == ["m-0", "m-0"]
    assert newest.stdout == shown.stdout.splitlines(keepends=True)[1]


def test_an_event_without_message_id_is_found_by_where_it_stood(own: Kafka, config: str) -> None:
    source = SourcePosition("segment-events", 2, 7, NOON_MS)
    _fill(own, [(2, encode(audit_record(source=source, message_id=None))), (0, _delivered(0))])

    shown = _audit("tail", config, "--message-id", "segment-events-2@7", "--json").stdout

    assert [json.loads(line)["source"]["offset"] for line in shown.splitlines()] == [7]


def test_an_event_that_nothing_tells_of_is_told(own: Kafka, config: str) -> None:
    _fill(own, [(0, _delivered(0))])

    shown = _audit("tail", config, "--message-id", "m-1")

    assert shown.exit_code == ExitCode.FINE
    assert shown.stderr == "--message-id m-1: nothing of that name was found\n"
    assert "m-0" not in shown.stdout


def test_a_missing_audit_topic_is_told(kafka: Broker, unique: str, tmp_path: Path) -> None:
    file = config_file(tmp_path, kafka, unique)

    result = _audit("summary", file)

    assert result.exit_code == ExitCode.USAGE
    assert f"topic {unique}-a does not exist" in result.stderr
    assert f"`kameleoon-pipeline topics apply --config {file}`" in result.stderr
