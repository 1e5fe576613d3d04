import socket
import sys

import pytest
from confluent_kafka.admin import AdminClient

from pipeline.adapters.embedded_broker import PARTITIONS, EmbeddedBrokerMissingError, embedded_broker


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_its_topics_are_there_with_their_partitions() -> None:
    with embedded_broker(["events", "audit"]) as address:
        topics = AdminClient({"bootstrap.servers": address}).list_topics(timeout=10).topics
    assert {name: len(topic.partitions) for name, topic in topics.items()} == {
        "events": PARTITIONS,
        "audit": PARTITIONS,
    }


def test_its_port_is_free_again_at_the_end() -> None:
    with embedded_broker() as address:
        socket.create_connection(("127.0.0.1", _port(address))).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", _port(address)))


def test_it_listens_on_this_machine_alone() -> None:
    """Whoever listens on all addresses answers on 127.0.0.2, too."""
    with embedded_broker() as address, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", _port(address)), timeout=5)


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)  # what an import of a missing module finds
    with (
        pytest.raises(EmbeddedBrokerMissingError, match=r"pip install 'kameleoon-pipeline\[demo\]'"),
        embedded_broker(),
    ):
        pass
