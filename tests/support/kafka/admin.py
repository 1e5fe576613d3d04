"""What tests ask of a broker's administration, answered while they wait."""

import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

_TIMEOUT_S = 30
_CRITICAL_ONLY = 2


class Admin:
    """A connection to one cluster, kept open."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._client: Any = AdminClient(
            {
                "bootstrap.servers": bootstrap_servers,
                "log_level": _CRITICAL_ONLY,
                "reconnect.backoff.ms": 50,
                "reconnect.backoff.max.ms": 200,
            },
        )

    def live_nodes(self, timeout_s: float) -> tuple[str, set[int]] | None:
        """The cluster's id and the numbers of its live nodes; None without an answer."""
        try:
            metadata = self._client.list_topics(timeout=timeout_s)
        except KafkaException:
            return None
        return metadata.cluster_id, set(metadata.brokers)

    def create_topic(self, name: str, partitions: int, copies: int, config: Mapping[str, str]) -> None:
        """Create the topic and wait until each partition has a leader."""
        topic = NewTopic(name, partitions, copies, config=dict(config))
        self._client.create_topics([topic], operation_timeout=_TIMEOUT_S)[name].result(_TIMEOUT_S)
        deadline = time.monotonic() + _TIMEOUT_S
        while not self._has_leaders(name, partitions):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name}: a partition without a leader after {_TIMEOUT_S} s")

    def _has_leaders(self, name: str, partitions: int) -> bool:
        known = self._client.list_topics(topic=name, timeout=_TIMEOUT_S).topics[name].partitions
        return len(known) == partitions and all(partition.leader >= 0 for partition in known.values())

    def partitions(self, name: str) -> int:
        """How many partitions the topic has; the embedded broker creates it when asked."""
        return len(self._client.list_topics(topic=name, timeout=_TIMEOUT_S).topics[name].partitions)

    def delete_topics(self, names: list[str]) -> None:
        """Delete the topics and wait."""
        for answer in self._client.delete_topics(names).values() if names else ():
            answer.result(_TIMEOUT_S)
