"""librdkafka's in-process broker: enough for the demo and a round trip, not for a promise about delivery.

It has no CreateTopics and no topic settings, keeps 5 MB a partition, and waits 3 s for a group to form.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

PARTITIONS: Final = 4
"""What every topic of it has."""

_START_TIMEOUT_S: Final = 10
_CRITICAL_ONLY: Final = 2


class EmbeddedBrokerMissingError(Exception):
    """The library that holds the broker is not installed; the text says how to install it."""


@contextmanager
def embedded_broker(topics: Iterable[str] = ()) -> Iterator[str]:
    """One node with these topics, on a free port of 127.0.0.1, gone at the end; its host:port.

    Raises EmbeddedBrokerMissingError.
    """
    try:
        from confluent_kafka import Producer
    except ImportError as error:
        raise EmbeddedBrokerMissingError(
            "the embedded broker is not installed: "
            "pip install 'kameleoon-pipeline[demo]', or '.[demo]' in a checkout"
        ) from error
    # the cluster lives as long as the producer that carries it
    carrier = Producer({"test.mock.num.brokers": 1, "log_level": _CRITICAL_ONLY})
    (node,) = carrier.list_topics(timeout=_START_TIMEOUT_S).brokers.values()
    for topic in topics:
        carrier.list_topics(topic, timeout=_START_TIMEOUT_S)  # whoever asks for a topic makes it
    yield f"{node.host}:{node.port}"
    carrier.flush(0)
