"""Hostile records on a real topic: a worker takes them all and accounts for each, and `reconcile` agrees."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from tests.fuzz.campaign import new_mutator
from tests.fuzz.plans import hostile_plans
from tests.support.tree import ROOT
from tests.support.worker.events import tracks
from tests.support.worker.scene import Scene
from tests.support.worker.topic import Letter

pytestmark = pytest.mark.kafka

_RECORDS = 1500
_NAME, _BAD_NAME = b"placeholder", b"\xff\xfe\xed\xa0\x80laceho"


async def _send_bad_header_names(scene: Scene, partition: int, count: int) -> None:
    """Records whose header names are not UTF-8: the client writes none, so the bytes are changed."""
    producer = AIOKafkaProducer(bootstrap_servers=scene.servers)
    await producer.start()
    try:
        batch = producer.create_batch()
        for number in range(count):
            value = tracks(1, first=900_000 + number)[0].value
            batch.append(key=b"k", value=value, timestamp=None, headers=[(_NAME.decode(), b"v")])
        batch._build()
        written = bytearray(batch._buffer).replace(_NAME, _BAD_NAME)
        struct.pack_into(">I", written, 17, calc_crc32c(memoryview(bytes(written[21:]))))
        batch._buffer = written
        await (await producer.send_batch(batch, scene.kafka.topics.events, partition=partition))
    finally:
        await producer.stop()


def _reconciled(config: Path) -> str:
    command = [sys.executable, "-m", "pipeline.cli.main", "reconcile", "--config", str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def test_fuzzed_records_are_accounted_for(scene: Scene) -> None:
    mutator = new_mutator(2028)
    greedy = [mapping.definition for mapping in hostile_plans()[1].mappings[4:]]
    mappings = [{"preset": "track-calls"}, {"preset": "identify-calls"}] + [
        {"name": own.name, "trigger": own.trigger, "action": own.action, "fields": dict(own.fields)}
        for own in greedy
    ]
    config = scene.config(mappings=mappings)
    worker = await scene.started(config)
    letters = [
        Letter(mutator.record(), None, number % 4, ((f"h{number}", None),)) for number in range(_RECORDS)
    ]
    await scene.produce(letters[: _RECORDS // 2])
    await _send_bad_header_names(scene, 1, 7)
    await scene.produce([*letters[_RECORDS // 2 :], *tracks(40)])

    await scene.accounted(_RECORDS + 47)

    assert await worker.stop() == 0
    outcomes = (await scene.book()).outcomes
    assert len({outcome.place for outcome in outcomes}) == _RECORDS + 47
    assert len({(outcome.place, outcome.record.part) for outcome in outcomes}) == len(outcomes)
    assert str(_RECORDS + 47) in _reconciled(config).replace(",", "")
