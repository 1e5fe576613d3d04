"""The delivery page as a user starts it, on an audit topic of a broker."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from pipeline.config.kafka import Kafka
from pipeline.core.audit import OutcomeKind, SourcePosition, encode
from pipeline.core.outcome import Reason
from tests.support.audit_entries import assignment_marker, audit_record
from tests.support.kafka.broker import Broker
from tests.support.own_topics import config_file, own_topics
from tests.support.paging import once, paging, read_page

_MINUTE_MS = 60_000


@pytest.fixture
def own(kafka: Broker, unique: str) -> Iterator[Kafka]:
    with own_topics(kafka, unique) as section:
        kafka.topic(name=section.topics.audit)
        yield section


@pytest.fixture
def site(kafka: Broker, unique: str, tmp_path: Path, own: Kafka) -> Iterator[str]:
    """The address of a page that reads the last hour; there is a record two hours old."""
    _write(own, [(0, _now_ms() - 120 * _MINUTE_MS, encode(audit_record()))])
    with paging(config_file(tmp_path, kafka, unique), "--since", "1h") as address:
        yield address


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _write(own: Kafka, values: list[tuple[int, int, bytes]]) -> None:
    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=list(own.bootstrap_servers)) as producer:
            for partition, at_ms, value in values:
                await producer.send_and_wait(own.topics.audit, value, partition=partition, timestamp_ms=at_ms)

    asyncio.run(send())


def test_the_page_shows_what_is_on_the_topic_and_what_comes(own: Kafka, site: str) -> None:
    empty = once(f"{site}data.json", lambda data: data["feed"]["state"] == "current")
    assert (empty["report"]["total"], empty["topic"]["read"]) == (0, 0)

    now_ms = _now_ms()
    failed = {"outcome": OutcomeKind.FAILED, "reason": Reason.REFUSED, "message_id": "order-2"}
    other = SourcePosition("segment-events", 1, 7, now_ms)
    _write(
        own,
        [
            (0, now_ms, encode(audit_record())),
            (0, now_ms, encode(assignment_marker(epoch=2))),
            (0, now_ms, encode(audit_record())),
            (1, now_ms - 30 * _MINUTE_MS, encode(audit_record(source=other, **failed))),
        ],
    )

    data = once(f"{site}data.json?window=1h", lambda data: data["topic"]["read"] == 4)
    assert data["report"]["outcomes"]["delivered"] == data["report"]["outcomes"]["failed"] == 1
    assert data["topic"]["void"] == 1
    assert json.loads(read_page(f"{site}data.json?window=15m"))["report"]["total"] == 1
    (step,) = json.loads(read_page(f"{site}event/order-2.json"))["outcomes"]
    assert step["record"]["reason"] == "refused"
