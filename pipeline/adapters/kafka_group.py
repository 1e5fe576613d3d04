"""The consumer group's offsets on Kafka, with the metadata that the consumer's own calls leave out."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, OffsetAndMetadata
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import AIOKafkaAdminClient

from pipeline.adapters.kafka_log_errors import log_errors
from pipeline.adapters.kafka_membership import Membership
from pipeline.core.commit import Committed, LogRange
from pipeline.core.record import TopicPartition
from pipeline.ports import Commit, LogUnavailable

FIRST_USE_TRIES: Final = 20
"""A broker whose first group this is needs seconds before it names a coordinator."""

_NO_COMMIT: Final = -1
_COMMIT_S: Final = 5.0
_TRY_AGAIN_S: Final = 0.5


class KafkaGroup:
    """The port ConsumerGroup over the worker's own consumer."""

    def __init__(
        self, membership: Membership, consumer: AIOKafkaConsumer, options: Mapping[str, Any]
    ) -> None:
        self._membership = membership
        self._consumer = consumer
        self._options = options

    async def committed(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Committed | None]:
        """The group's commits. Raises LogUnavailable when they cannot be read."""
        return await read_committed(self._membership.group, self._options, partitions)

    async def ranges(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, LogRange]:
        """What the partitions hold now. Raises LogUnavailable."""
        wanted = list(partitions)
        with log_errors("reading the bounds of the partitions"):
            begins = await self._consumer.beginning_offsets([KafkaPartition(*item) for item in wanted])
            ends = await self._consumer.end_offsets([KafkaPartition(*item) for item in wanted])
        return {item: LogRange(begins[KafkaPartition(*item)], ends[KafkaPartition(*item)]) for item in wanted}

    async def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Commit all or some. Raises LogUnavailable.

        The client by itself would try for ever, and a release could not end while the broker is gone.
        A member that was put out of its group commits nothing: a group without members would take it,
        over what others have committed meanwhile.
        """
        if self._membership.is_lost:
            raise LogUnavailable("committing: this worker was put out of its group")
        offsets = {
            KafkaPartition(*partition): OffsetAndMetadata(commit.offset, commit.metadata.encode())
            for partition, commit in commits.items()
        }
        with log_errors("committing"):
            async with asyncio.timeout(_COMMIT_S):
                await self._consumer.commit(offsets)


async def read_committed(
    group: str, options: Mapping[str, Any], partitions: Iterable[TopicPartition], *, tries: int = 1
) -> dict[TopicPartition, Committed | None]:
    """A group's commits with their metadata, None where there is none. Raises LogUnavailable.

    The partitions are named one by one: some brokers list nothing else. One that is missing in the
    answer was not read: an answer with an error looks like that.
    """
    wanted = [KafkaPartition(*partition) for partition in partitions]
    for _ in range(tries - 1):
        with suppress(LogUnavailable):
            return await _read_committed(group, options, wanted)
        await asyncio.sleep(_TRY_AGAIN_S)
    return await _read_committed(group, options, wanted)


async def _read_committed(
    group: str, options: Mapping[str, Any], wanted: list[KafkaPartition]
) -> dict[TopicPartition, Committed | None]:
    with log_errors(f"reading the commits of {group}"):
        admin = AIOKafkaAdminClient(**options)
        try:
            await admin.start()
            found = await admin.list_consumer_group_offsets(group, partitions=wanted)
        except AttributeError as error:  # how this client reports an error of a single partition
            raise LogUnavailable(f"reading the commits of {group}: refused for a partition") from error
        finally:
            await admin.close()
    missing = [partition for partition in wanted if partition not in found]
    if missing:
        raise LogUnavailable(f"reading the commits of {group}: no answer for {missing[0]}")
    return {TopicPartition(*partition): _as_committed(found[partition]) for partition in wanted}


def _as_committed(found: OffsetAndMetadata) -> Committed | None:
    return None if found.offset == _NO_COMMIT else Committed(found.offset, found.metadata or "")
