"""Which partitions may be received from now: back-pressure as the broker's client understands it."""

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition

from pipeline.core.record import TopicPartition
from pipeline.engine.partitions import Partitions


class Pacing:
    """Pauses the open partitions that must wait, and resumes them; never touches one being opened."""

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

    def follow(self) -> None:
        """Pause partitions that nothing may be received from now; resume the others."""
        for held in self._partitions.held:
            partition = KafkaPartition(*held)
            if self._must_wait(held) == (partition in self._waiting):
                continue
            if partition in self._waiting:
                self._waiting.discard(partition)
                self._consumer.resume(partition)
            else:
                self._waiting.add(partition)
                self._consumer.pause(partition)

    def _must_wait(self, partition: TopicPartition) -> bool:
        """Whether there is no room, or the partition's oldest unsettled record lies too far back."""
        return self._partitions.budget.room == 0 or self._partitions.is_stretched(partition)
