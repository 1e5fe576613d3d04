"""A topic that is read from end to end is never unpacked all at once."""

from types import SimpleNamespace
from typing import Any, cast

from aiokafka import TopicPartition

from pipeline.adapters.topic_scan import Records, TopicScan
from pipeline.config.kafka import Kafka
from pipeline.core.commit import LogRange

PARTITION = TopicPartition("events", 0)
HELD = 7000


class Consumer:
    """Has everything in its buffer, as after a fetch of compressed batches, and gives what is asked for."""

    def __init__(self) -> None:
        self._position = 0

    def assign(self, _: object) -> None:
        pass

    def seek(self, _: TopicPartition, offset: int) -> None:
        self._position = offset

    def pause(self, _: TopicPartition) -> None:
        pass

    async def position(self, _: TopicPartition) -> int:
        return self._position

    async def getmany(
        self, *_: TopicPartition, timeout_ms: int, max_records: int = HELD
    ) -> dict[TopicPartition, list[Any]]:
        assert timeout_ms > 0
        begin, self._position = self._position, min(HELD, self._position + max_records)
        return {PARTITION: [SimpleNamespace(offset=offset) for offset in range(begin, self._position)]}


async def test_a_large_fetch_is_unpacked_little_by_little() -> None:
    scan = TopicScan(cast("Any", Consumer()), Kafka.model_validate({"bootstrap_servers": "kafka:9092"}))

    chunks = [found async for found in scan.read({PARTITION: LogRange(10, HELD)})]

    records = [chunk.records for chunk in chunks if isinstance(chunk, Records)]
    assert [record.offset for chunk in records for record in chunk] == list(range(10, HELD))
    assert max(map(len, records)) <= 2000
