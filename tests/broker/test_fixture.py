"""The brokers that other tests rely on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.support.kafka.broker import Broker
from tests.support.kafka.cluster import Cluster


async def _send(bootstrap_servers: str, topic: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, enable_idempotence=True)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value, partition=0)
    finally:
        await producer.stop()


async def _receive(bootstrap_servers: str, topic: str, group: str | None, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap_servers,
        group_id=group,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def test_what_is_sent_comes_back(kafka: Broker, unique: str) -> None:
    topic = kafka.topic()
    await _send(kafka.bootstrap_servers, topic, [b"one", b"two"])
    assert await _receive(kafka.bootstrap_servers, topic, unique, 2) == [b"one", b"two"]


def test_every_topic_is_fresh(kafka: Broker) -> None:
    first, second = kafka.topic(), kafka.topic()
    assert first != second
    assert kafka.admin.partitions(first) == kafka.admin.partitions(second) == 4


@pytest.mark.kafka
def test_a_topic_has_the_partitions_it_was_asked_for(kafka: Broker) -> None:
    assert kafka.admin.partitions(kafka.topic(partitions=7, config={"retention.ms": "60000"})) == 7


@pytest.mark.kafka
async def test_acknowledged_records_outlive_a_killed_node(three_nodes: Cluster) -> None:
    topic = three_nodes.topic(partitions=1)
    await _send(three_nodes.bootstrap_servers, topic, [b"before"])
    three_nodes.kill(1)
    try:
        await _send(three_nodes.bootstrap_servers, topic, [b"without"])
    finally:
        three_nodes.start(1)
    received = await _receive(three_nodes.bootstrap_servers, topic, None, 2)
    assert received == [b"before", b"without"]


@pytest.mark.kafka
async def test_a_stopped_node_comes_back_with_its_records(lone_node: Cluster) -> None:
    topic = lone_node.topic(partitions=1)
    await _send(lone_node.bootstrap_servers, topic, [b"kept"])
    lone_node.stop(1)
    lone_node.start(1)
    assert await _receive(lone_node.bootstrap_servers, topic, None, 1) == [b"kept"]


_SESSION = """
import sys, signal
from pathlib import Path
from tests.support.kafka.cluster import Cluster
cluster = Cluster(Path(sys.argv[1]))
cluster.nodes[1].spawn()
print(cluster.nodes[1].pid, flush=True)
signal.pause()
"""


@pytest.mark.kafka
def test_a_killed_session_leaves_no_broker_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _SESSION, str(tmp_path / "cluster")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        broker = os.pidfd_open(int(session.stdout.readline()))
        session.kill()
    try:
        assert _ends_within(broker, 10)
    finally:
        os.close(broker)


def _ends_within(pidfd: int, timeout_s: float) -> bool:
    import select

    readable, _, _ = select.select([pidfd], [], [], timeout_s)
    return bool(readable)
