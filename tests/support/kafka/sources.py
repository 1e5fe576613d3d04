"""Where tests find their broker, in order.

`TEST_KAFKA` names one way (environment, docker, maven, embedded) and closes the others.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.embedded_broker import embedded_broker
from tests.support.kafka.apache import KAFKA_VERSION, class_path, java
from tests.support.kafka.broker import Broker
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.container import IMAGE, kafka_container, make_image_ready
from tests.support.kafka.unavailable import Unavailable


@dataclass(frozen=True, slots=True)
class Source:
    """One way to a broker: `prepare` raises `Unavailable` where it is closed, `start` then works."""

    name: str
    prepare: Callable[[], None]
    start: Callable[[Path], AbstractContextManager[Broker]]


@dataclass(frozen=True, slots=True)
class Found:
    """The first open way, and why those before it are closed."""

    source: Source
    passed_over: str


def find_source() -> Found:
    """Take the first way that is open. Raises `Unavailable` where none is."""
    only = os.environ.get("TEST_KAFKA")
    closed = [f"TEST_KAFKA is {only}"] if only else []
    for source in _allowed(only):
        try:
            source.prepare()
        except Unavailable as reason:
            closed.append(f"{source.name}: {reason}")
        else:
            return Found(source, "; ".join(closed))
    raise Unavailable("; ".join(closed))


def _allowed(only: str | None) -> list[Source]:
    allowed = [source for source in SOURCES if only in (None, source.name)]
    if not allowed:
        raise Unavailable(f"TEST_KAFKA is {only!r}: it takes {', '.join(s.name for s in SOURCES)}")
    return allowed


def _check_environment() -> None:
    if not os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        raise Unavailable("KAFKA_BOOTSTRAP_SERVERS is not set")


@contextmanager
def _environment(_folder: Path) -> Iterator[Broker]:
    broker = Broker(os.environ["KAFKA_BOOTSTRAP_SERVERS"], "KAFKA_BOOTSTRAP_SERVERS")
    yield broker
    broker.delete_topics()


@contextmanager
def _docker(_folder: Path) -> Iterator[Broker]:
    with kafka_container() as bootstrap_servers:
        yield Broker(bootstrap_servers, f"{IMAGE} through testcontainers")


def make_jars_ready() -> None:
    """Find Java, fetch Apache Kafka if need be. Raises `Unavailable`."""
    java()
    class_path()


@contextmanager
def _maven(folder: Path) -> Iterator[Broker]:
    cluster = Cluster(folder)
    try:
        cluster.start_all()
        yield Broker(cluster.bootstrap_servers, f"Apache Kafka {KAFKA_VERSION} on this machine's Java")
    finally:
        cluster.stop_all()


@contextmanager
def _embedded(_folder: Path) -> Iterator[Broker]:
    with embedded_broker() as bootstrap_servers:
        yield Broker(bootstrap_servers, "librdkafka's embedded broker", is_real=False)


SOURCES = (
    Source("environment", _check_environment, _environment),
    Source("docker", make_image_ready, _docker),
    Source("maven", make_jars_ready, _maven),
    Source("embedded", lambda: None, _embedded),
)
