"""librdkafka's in-process broker: enough for a round trip, not for a promise about delivery."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

_START_TIMEOUT_S = 10
_WARNINGS = 4


@contextmanager
def embedded_broker() -> Iterator[str]:
    """A mock cluster of one node, alive as long as the producer that carries it."""
    carrier = Producer({"test.mock.num.brokers": 1, "log_level": _WARNINGS})
    nodes = carrier.list_topics(timeout=_START_TIMEOUT_S).brokers.values()
    yield ",".join(f"{node.host}:{node.port}" for node in nodes)
    carrier.flush(0)
