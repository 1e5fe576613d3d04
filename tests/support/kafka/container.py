"""Apache Kafka in a container, through testcontainers."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import docker.errors
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from tests.support.kafka.cluster import free_ports
from tests.support.kafka.unavailable import Unavailable

IMAGE = "apache/kafka:4.1.0"
_PROBE_TIMEOUT_S = 3
_PULL_TIMEOUT_S = 60
_READY_TIMEOUT_S = 120
_ENVIRONMENT = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_LISTENERS": "HOST://:9092,INSIDE://:19092,CONTROLLER://:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT,HOST:PLAINTEXT",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS": "4",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    "KAFKA_HEAP_OPTS": "-Xms256m -Xmx512m",
}


def make_image_ready() -> None:
    """Return at once if an engine answers and has, or can get, the image. Raises `Unavailable`."""
    _knock()
    try:
        client = docker.from_env(timeout=_PULL_TIMEOUT_S)
    except docker.errors.DockerException:
        raise Unavailable("no Docker engine answers") from None
    try:
        client.images.get(IMAGE)
    except docker.errors.ImageNotFound:
        _pull(client)
    finally:
        client.close()


def _knock() -> None:
    """Find out whether anybody listens: a refused Docker client leaves its socket open."""
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    kind, _, path = address.partition("://")
    if kind != "unix":
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PROBE_TIMEOUT_S)
        try:
            probe.connect(path)
        except OSError:
            raise Unavailable(f"no Docker engine answers at {path}") from None


def _pull(client: docker.DockerClient) -> None:
    try:
        client.images.pull(IMAGE)
    except (docker.errors.DockerException, OSError) as error:
        raise Unavailable(f"the Docker engine cannot get {IMAGE}: {type(error).__name__}") from None


@contextmanager
def kafka_container() -> Iterator[str]:
    """A one-node cluster; its bootstrap servers. It ends with the block."""
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    if Path("/.dockerenv").exists():
        os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")
    (port,) = free_ports(1)
    container = DockerContainer(IMAGE).with_bind_ports(9092, port).with_network_aliases("kafka")
    for name, value in _ENVIRONMENT.items():
        container.with_env(name, value)
    container.with_env("KAFKA_ADVERTISED_LISTENERS", f"HOST://localhost:{port},INSIDE://localhost:19092")
    started = LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(_READY_TIMEOUT_S)
    with container.waiting_for(started) as running:
        yield f"{running.get_container_host_ip()}:{port}"
