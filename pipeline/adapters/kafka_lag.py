"""How far the partitions of this worker are behind, told by the metrics.

The client learns the end of a partition by reading it, and in an outage nothing is read: the figure
would stand still while the lag grows. So the brokers are asked.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition

from pipeline.adapters.kafka_log_errors import log_errors
from pipeline.core.metrics import LAG_RECORDS
from pipeline.core.record import TopicPartition
from pipeline.engine.meter import Labels, Meter
from pipeline.engine.partitions import Partitions
from pipeline.ports import LogUnavailable

_INTERVAL_S: Final = 2.0
_PATIENCE_S: Final = 10.0


class LagWatch:
    """Asks for the ends of the partitions held every few seconds; has the meter tell the last answer."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: Partitions, meter: Meter) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self._found: Mapping[TopicPartition, int] = {}
        meter.watch(LAG_RECORDS, self._tell)

    async def run(self) -> None:
        """Look for ever. While the brokers do not answer, the figure stays as it was."""
        while True:
            try:
                with log_errors("reading the ends of partitions"):
                    async with asyncio.timeout(_PATIENCE_S):
                        self._found = await self._look()
            except LogUnavailable:
                pass  # the commits say so, each second
            await asyncio.sleep(_INTERVAL_S)

    async def _look(self) -> dict[TopicPartition, int]:
        """The position passes transaction markers as well, which the watermark does not know of."""
        held = self._partitions.held
        ends = await self._consumer.end_offsets([KafkaPartition(*partition) for partition in held])
        found = {}
        for partition, end in ends.items():
            position = await self._consumer.position(partition)
            assignment = self._partitions.assignment(TopicPartition(*partition))
            if assignment is not None:
                found[assignment.partition] = max(0, end - position) + assignment.ledger.unsettled
        return found

    def _tell(self) -> dict[Labels, float]:
        held = self._partitions.held
        return {(each.topic, str(each.partition)): lag for each, lag in self._found.items() if each in held}
