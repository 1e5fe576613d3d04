"""Reading the audit topic to its present end, and on from there, while records keep coming."""

from dataclasses import dataclass

from aiokafka import TopicPartition

from pipeline.adapters.audit_reader import AuditReader
from pipeline.config.kafka import Kafka

KAFKA = Kafka.model_validate({"bootstrap_servers": "localhost:9092"})
FIRST, SECOND = TopicPartition("kameleoon-audit", 0), TopicPartition("kameleoon-audit", 1)


@dataclass(frozen=True)
class Stored:
    partition: int
    offset: int
    timestamp: int = 0
    value: bytes | None = b""


class FakeConsumer:
    """Partitions of so many records; those of `late` are there from that moment on, and `busy` ones grow."""

    def __init__(
        self,
        held: dict[TopicPartition, int],
        busy: tuple[TopicPartition, ...] = (),
        late: dict[TopicPartition, float] | None = None,
    ) -> None:
        self.held = held
        self._busy = busy
        self._late = late or {}
        self._positions = dict.fromkeys(held, 0)
        self._now_s = 0.0

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {partition: self.held[partition] for partition in partitions}

    def partitions_for_topic(self, _topic: str) -> set[int]:
        return {partition.partition for partition in self.held}

    async def position(self, partition: TopicPartition) -> int:
        return self._positions[partition]

    async def getmany(
        self, *asked: TopicPartition, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[Stored]]:
        """At once what is there, else nothing after the time."""
        for partition in self._busy:
            self.held[partition] += 1
        found = {}
        for partition in asked or self.held:
            begin, end = self._positions[partition], self.held[partition]
            if begin < end and self._now_s >= self._late.get(partition, 0.0):
                self._positions[partition] = min(end, begin + max_records)
                found[partition] = [Stored(partition.partition, offset) for offset in range(begin, end)]
        self._now_s += 0.0 if found else timeout_ms / 1000
        return found


def _reader(consumer: FakeConsumer) -> AuditReader:
    return AuditReader(consumer, KAFKA, list(consumer.held))


async def test_what_comes_while_the_present_is_read_is_not_passed_over() -> None:
    consumer = FakeConsumer({FIRST: 3}, busy=(FIRST,))
    reader = _reader(consumer)

    present = [record.offset async for records in reader.to_end() for record in records]
    later = [record.offset for _ in range(2) for record in await reader.more()]

    assert present == [0, 1, 2]
    assert later == [3, 4]


async def test_a_busy_partition_does_not_pass_for_the_silence_of_another() -> None:
    consumer = FakeConsumer({FIRST: 1, SECOND: 1}, busy=(FIRST,), late={SECOND: 10.0})

    read = [record.partition async for records in _reader(consumer).to_end() for record in records]

    assert read == [0, 1]
