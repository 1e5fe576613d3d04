"""`reconcile` of a million records: in how much memory, and, with `-s`, how fast on this core. By hand."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from confluent_kafka import Producer

from pipeline.cli.exits import ExitCode
from pipeline.config.kafka import Kafka
from pipeline.core.audit import SourcePartition, SourcePosition, encode
from tests.support.audit_entries import assignment_marker, audit_record
from tests.support.kafka.broker import Broker
from tests.support.own_topics import config_file, own_topics
from tests.support.tree import ROOT
from tests.support.worker.events import track

pytestmark = [pytest.mark.kafka, pytest.mark.minutes, pytest.mark.timeout(600)]

PIPELINE: Final = "kameleoon-abcdefghij"
PARTITIONS: Final = 4
FEW, MANY = 100_000, 1_000_000
MOST_KB: Final = 100_000
GROWTH_KB: Final = 10_000
PLACEHOLDER: Final = 987_654_321
EVENT: Final = json.dumps(track(1, properties={"text": "x" * 250})).encode()


MEASURING: Final = """
import atexit, sys, time
from pathlib import Path
from pipeline.cli.main import main

def measure():
    (peak,) = [line.split()[1] for line in Path("/proc/self/status").open() if line.startswith("VmHWM")]
    print(time.process_time(), peak, file=sys.stderr)

atexit.register(measure)
main()
"""
"""The verb, and at its end what it took: a parent is told the memory of before the program began, too."""


@dataclass(frozen=True)
class Measured:
    """What one run of the verb told, and what it took."""

    told: dict[str, Any]
    cpu_s: float
    most_kb: int

    @property
    def complete(self) -> int:
        return sum(partition["complete"] for partition in self.told["partitions"])


@pytest.fixture
def own(kafka: Broker, unique: str) -> Iterator[Kafka]:
    with own_topics(kafka, unique) as section:
        for topic in (section.topics.events, section.topics.audit, section.topics.replays):
            kafka.topic(PARTITIONS, name=topic)
        yield section


def _put(servers: str, topic: str, values: Iterable[tuple[int, bytes]]) -> None:
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 50, "enable.idempotence": True})
    for partition, value in values:
        while True:
            try:
                producer.produce(topic, value, partition=partition)
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0


def _outcomes(topic: str, first: int, end: int) -> Iterator[tuple[int, bytes]]:
    for partition in range(PARTITIONS):
        if first == 0:
            yield partition, encode(assignment_marker(source=SourcePartition(topic, partition), epoch=1))
        form = encode(audit_record(source=SourcePosition(topic, partition, PLACEHOLDER, 0)))
        for offset in range(first, end):
            yield partition, form.replace(b"%d" % PLACEHOLDER, b"%d" % offset)


def _fill(own: Kafka, servers: str, first: int, end: int) -> None:
    """Records and their outcomes, from one number to another, spread over the partitions."""
    first, end = first // PARTITIONS, end // PARTITIONS
    _put(servers, own.topics.events, ((n % PARTITIONS, EVENT) for n in range((end - first) * PARTITIONS)))
    _put(servers, own.topics.audit, _outcomes(own.topics.events, first, end))


def _reconcile(config: str) -> Measured:
    words = ["reconcile", "--config", config, "--pipeline", PIPELINE, "--to-end", "--json"]
    command = [sys.executable, "-c", MEASURING, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == ExitCode.FINE, done.stdout + done.stderr
    cpu_s, most_kb = done.stderr.splitlines()[-1].split()
    return Measured(json.loads(done.stdout), float(cpu_s), int(most_kb))


def test_a_million_records_take_no_more_memory_than_a_tenth_of_them(
    own: Kafka, kafka: Broker, unique: str, tmp_path: Path
) -> None:
    config = config_file(tmp_path, kafka, unique)
    _fill(own, kafka.bootstrap_servers, 0, FEW)
    few = _reconcile(config)
    _fill(own, kafka.bootstrap_servers, FEW, MANY)

    many = _reconcile(config)

    print(f"{MANY / many.cpu_s:,.0f} a second of CPU; {few.most_kb} KB, then {many.most_kb} KB")  # noqa: T201 (by hand)
    assert (few.complete, many.complete) == (FEW, MANY)
    assert many.most_kb < min(MOST_KB, few.most_kb + GROWTH_KB)
