"""`produce`: what stands on the topic afterwards."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from typer.testing import CliRunner, Result

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from tests.support.kafka.broker import Broker

LINES = [
    b'{"type":"track","userId":"u-1","n":1}',
    '{"type":"track","userId":"u-1","text":"a\u2028b\u0085c"}'.encode(),
    b'{"type":"track","userId":"u-1","n":2}\r',
    b'{"type":"track","properties":{"kameleoonVisitorCode":"code"},"userId":"u-1"}',
    b"{not json",
    b"\xff\xfe",
    b'{"anonymousId":"a-1"}',
]
KEYS = [b"u-1", b"u-1", b"u-1", b"code", None, None, b"a-1"]


def _produce(broker: Broker, topic: str, file: str) -> Result:
    where = ["--bootstrap-servers", broker.bootstrap_servers, "--topic", topic]
    return CliRunner().invoke(app, ["produce", file, *where])


def _pipe(
    broker: Broker, topic: str, lines: bytes, *options: str
) -> tuple[subprocess.CompletedProcess[bytes], str]:
    """The same with standard input, which has to be a real one; what it said on standard error as well."""
    where = ["--bootstrap-servers", broker.bootstrap_servers, "--topic", topic]
    command = [sys.executable, "-m", "pipeline.cli.main", "produce", "-", *where, *options]
    ended = subprocess.run(command, input=lines, capture_output=True, check=False)
    return ended, ended.stderr.decode()


async def _records(broker: Broker, topic: str, count: int) -> list[tuple[int, bytes | None, bytes | None]]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        found = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    return [(record.partition, record.key, record.value) for record in found]


def _read(broker: Broker, topic: str, count: int) -> list[tuple[int, bytes | None, bytes | None]]:
    return asyncio.run(_records(broker, topic, count))


def test_each_line_is_a_record_byte_for_byte_under_its_visitors_key(kafka: Broker, tmp_path: Path) -> None:
    topic, file = kafka.topic(), tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(LINES))

    result = _produce(kafka, topic, str(file))

    assert result.exit_code == ExitCode.FINE, result.output
    assert result.stdout == f"7 events on {topic}, 2 without a key\n"
    found = _read(kafka, topic, len(LINES))
    assert sorted((value, key) for _, key, value in found if value) == sorted(zip(LINES, KEYS, strict=True))


def test_a_visitors_events_keep_their_order(kafka: Broker) -> None:
    topic = kafka.topic()
    lines = [json.dumps({"userId": f"u-{n % 7}", "n": n}).encode() for n in range(2000)]

    ended, said = _pipe(kafka, topic, b"\n".join(lines) + b"\n")

    assert ended.returncode == ExitCode.FINE, said

    by_visitor: dict[bytes | None, list[int]] = {}
    for _, key, value in _read(kafka, topic, len(lines)):
        by_visitor.setdefault(key, []).append(json.loads(value or b"")["n"])
    assert by_visitor == {f"u-{v}".encode(): list(range(v, 2000, 7)) for v in range(7)}


def test_standard_input_is_read_and_empty_lines_are_left_out(kafka: Broker) -> None:
    topic = kafka.topic()

    ended, _ = _pipe(kafka, topic, b'{"userId":"u"}\n\n\n[]\n', "--json")

    assert json.loads(ended.stdout) == {
        "topic": topic,
        "produced": 2,
        "without_key": 1,
        "empty_lines": 2,
        "refused": 0,
    }


@pytest.mark.kafka
def test_a_line_that_is_too_large_is_named_and_the_others_arrive(kafka: Broker) -> None:
    topic = kafka.topic(partitions=1)
    large = b'{"text":"' + b"x" * 3_000_000 + b'"}'
    over_the_topics_limit = b'{"text":"' + b"x" * 1_060_000 + b'"}'

    ended, said = _pipe(kafka, topic, b"\n".join([b"{}", large, over_the_topics_limit, b"{}"]))

    assert ended.returncode == ExitCode.FOUND
    assert f"2 events on {topic}, 2 without a key, 2 refused" in ended.stdout.decode()
    assert f"line 2: larger than the topic takes: {len(large)} bytes, and " in said
    assert f"line 3: larger than the topic takes: {len(over_the_topics_limit)} bytes, and " in said
    assert [value for _, _, value in _read(kafka, topic, 2)] == [b"{}", b"{}"]


def test_a_topic_that_does_not_exist_is_not_made(kafka: Broker, unique: str) -> None:
    ended, said = _pipe(kafka, unique, b"{}\n")

    assert ended.returncode == ExitCode.USAGE
    assert f"topic {unique} does not exist" in said
