"""The brokers that tests ask for by name: `kafka`, `three_nodes`, `lone_node`, `node_for_all`, `unique`.

A test marked `kafka` runs on Apache Kafka only: elsewhere it is skipped with the reason, or fails
when `REQUIRE_KAFKA` is set.
"""

import os
import shutil
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.support.kafka.broker import Broker
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.sources import Found, find_source, make_jars_ready
from tests.support.kafka.unavailable import Unavailable

_OWN_NODES = frozenset({"three_nodes", "lone_node", "node_for_all"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for a broker, and what brings nodes of its own: `-m` then chooses."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if not fixtures & {"kafka", *_OWN_NODES} and item.get_closest_marker("kafka") is None:
            continue
        item.add_marker(pytest.mark.broker)
        if fixtures & _OWN_NODES or "kafka" not in fixtures:
            item.add_marker(pytest.mark.own_nodes)


@pytest.fixture(scope="session")
def kafka_source() -> Found:
    """The way to a broker that this session takes."""
    try:
        return find_source()
    except Unavailable as reason:
        pytest.fail(f"no broker: {reason}", pytrace=False)


@pytest.fixture(scope="session")
def kafka(kafka_source: Found, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One node, shared by the whole session: take fresh topics and group names."""
    folder = tmp_path_factory.mktemp("kafka")
    with kafka_source.source.start(folder) as broker:
        yield broker
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _only_where_kafka_is_real(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("kafka") is None:
        return
    found: Found = request.getfixturevalue("kafka_source")
    if found.source.name == "embedded":
        skip_or_fail(found.passed_over)


@pytest.fixture(scope="session")
def three_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three nodes of this machine's own, to stop, kill and start; a test leaves all three running."""
    yield from _own_cluster(tmp_path_factory, nodes=3)


@pytest.fixture
def lone_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One node for this test alone, to stop, kill and start."""
    yield from _own_cluster(tmp_path_factory, nodes=1)


@pytest.fixture(scope="module")
def node_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One node for the tests of one module alone: nobody else has topics there."""
    yield from _own_cluster(tmp_path_factory, nodes=1)


def _own_cluster(folders: pytest.TempPathFactory, nodes: int) -> Iterator[Cluster]:
    try:
        make_jars_ready()
    except Unavailable as reason:
        skip_or_fail(str(reason))
    folder = folders.mktemp("cluster")
    cluster = Cluster(folder, nodes)
    try:
        cluster.start_all()
        yield cluster
    finally:
        cluster.stop_all()
        shutil.rmtree(folder)


@pytest.fixture
def unique() -> str:
    """A prefix of this test's own, for groups, transactional ids and client names."""
    return f"test-{uuid4().hex[:12]}"


def skip_or_fail(reason: str) -> None:
    """Leave the test out, or fail it when `REQUIRE_KAFKA` is set."""
    said = f"needs Apache Kafka: {reason}"
    if os.environ.get("REQUIRE_KAFKA"):
        pytest.fail(f"REQUIRE_KAFKA is set, and this test {said}", pytrace=False)
    pytest.skip(said)
