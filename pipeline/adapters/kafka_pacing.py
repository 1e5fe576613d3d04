"""Which partitions may be received from now: back-pressure as the broker's client understands it."""

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition

from pipeline.engine.partitions import Partitions


class Pacing:
    """Says which open partitions are read; pauses them while none may be; never touches one being opened.

    The client throws away what it has fetched of a partition that is paused, up to a megabyte, and
    fetches it again: so one that must wait while others go on is only passed over.
    """

    def __init__(self, consumer: AIOKafkaConsumer, partitions: Partitions) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self._waiting: set[KafkaPartition] = set()

    def forget(self) -> None:
        """A rebalance: the client has forgotten who was paused."""
        self._waiting.clear()

    def open(self, partition: KafkaPartition) -> None:
        """A partition that was paused to be opened is open: `follow` resumes it when it may go."""
        self._waiting.add(partition)

    def close(self, partition: KafkaPartition) -> None:
        """A partition is to be opened anew: nothing is received from it until then."""
        self._waiting.discard(partition)
        if partition in self._consumer.assignment():
            self._consumer.pause(partition)

    def follow(self) -> list[KafkaPartition]:
        """The partitions that may be received from now, resumed; without any, all are paused."""
        held = self._partitions.held
        wanted = [
            KafkaPartition(*partition) for partition in held if not self._partitions.must_wait(partition)
        ]
        if wanted:
            self._resume(partition for partition in wanted if partition in self._waiting)
        else:
            self._pause(KafkaPartition(*partition) for partition in held)
        return wanted

    def _resume(self, partitions: Iterable[KafkaPartition]) -> None:
        for partition in partitions:
            self._waiting.discard(partition)
            self._consumer.resume(partition)

    def _pause(self, partitions: Iterable[KafkaPartition]) -> None:
        for partition in partitions:
            if partition not in self._waiting:
                self._waiting.add(partition)
                self._consumer.pause(partition)
