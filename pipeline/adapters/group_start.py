"""Where a group begins that has no commits yet: decided before anybody joins it."""

import asyncio
from contextlib import suppress
from typing import Final

from aiokafka import AIOKafkaConsumer, OffsetAndMetadata
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import CommitFailedError

from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_errors import broker_errors
from pipeline.adapters.kafka_group import read_committed
from pipeline.adapters.kafka_log import KafkaAuditLog
from pipeline.config.kafka import Kafka
from pipeline.core.audit_decode import decode_audit
from pipeline.core.commit import Committed
from pipeline.core.record import TopicPartition
from pipeline.engine.opening import StartRefusedError
from pipeline.ports import LogUnavailable

_LOOK_BACK_RECORDS: Final = 10_000
_TRIES: Final = 20
_TRY_AGAIN_S: Final = 0.5


async def start_group(kafka: Kafka) -> None:
    """Apply `kafka.start` to a group without commits; partitions added later start at their beginning.

    Raises StartRefusedError when the commits are gone but the group's audit is not: whether to
    begin anew is for the operator to say. Raises LogUnavailable, BrokerError.
    """
    with broker_errors(kafka.bootstrap_servers):
        consumer = AIOKafkaConsumer(
            **client_options(kafka),
            group_id=kafka.group,
            enable_auto_commit=False,
            isolation_level="read_committed",
        )
        await consumer.start()
        try:
            await _start(kafka, consumer)
        finally:
            await consumer.stop()


async def _start(kafka: Kafka, consumer: AIOKafkaConsumer) -> None:
    events = await _partitions(consumer, kafka.topics.events)
    replays = await _partitions(consumer, kafka.topics.replays)
    begins_events = not await _has_commits(kafka, events)
    if begins_events and await _is_audited(kafka, None):
        if await _has_commits(kafka, events):
            return  # another worker of the group has begun just now: it commits before it audits
        raise StartRefusedError(_refusal(kafka, kafka.topics.events, kafka.topics.replays))
    if await _holds_records(consumer, replays):
        await _refuse_second_replay(kafka, replays)
    if begins_events and kafka.start == "latest":
        await _commit_ends(consumer, [KafkaPartition(*partition) for partition in events])


async def _refuse_second_replay(kafka: Kafka, replays: list[TopicPartition]) -> None:
    """What was put back once would be delivered again, unasked."""
    is_begun = await _has_commits(kafka, replays) or not await _is_audited(kafka, kafka.topics.replays)
    if not is_begun and not await _has_commits(kafka, replays):
        raise StartRefusedError(_refusal(kafka, kafka.topics.replays))


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in sorted(await _numbers(consumer, topic))]


async def _holds_records(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> bool:
    wanted = [KafkaPartition(*partition) for partition in partitions]
    begins, ends = await consumer.beginning_offsets(wanted), await consumer.end_offsets(wanted)
    return any(begins[partition] < ends[partition] for partition in wanted)


async def _has_commits(kafka: Kafka, partitions: list[TopicPartition]) -> bool:
    committed = await _committed(kafka, partitions)
    return any(found is not None for found in committed.values())


async def _committed(
    kafka: Kafka, partitions: list[TopicPartition]
) -> dict[TopicPartition, Committed | None]:
    """The group's commits; a broker at its group's first use needs a moment to name a coordinator."""
    for _ in range(_TRIES - 1):
        with suppress(LogUnavailable):
            return await read_committed(kafka.group, client_options(kafka), partitions)
        await asyncio.sleep(_TRY_AGAIN_S)
    return await read_committed(kafka.group, client_options(kafka), partitions)


async def _numbers(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client._wait_on_metadata(topic)  # noqa: SLF001 (no public call asks without subscribing)
    return set(consumer.partitions_for_topic(topic) or ())


async def _is_audited(kafka: Kafka, topic: str | None) -> bool:
    """Whether the newest records of the audit topic tell that this group has read the topic, or any."""
    audit = KafkaAuditLog(kafka.topics.audit, client_options(kafka), 10.0)
    await audit.start()
    try:
        bounds = await audit.ranges(range(await audit.partition_count()))
        for partition, held in bounds.items():
            begin = max(held.begin, held.end - _LOOK_BACK_RECORDS)
            async for _, value in audit.read(partition, begin, held.end):
                found = decode_audit(value)
                if found is None or found.pipeline != kafka.group:
                    continue
                if topic in (None, found.source.topic):
                    return True
        return False
    finally:
        await audit.stop()


def _refusal(kafka: Kafka, *topics: str) -> str:
    named = " ".join(f"--topic {topic}" for topic in topics)
    return (
        f"the group {kafka.group} has no commits for {topics[0]}, but the audit topic {kafka.topics.audit} "
        "tells that it has read it before: its commits were deleted or have expired. Choose: set offsets "
        f"by hand (kafka-consumer-groups --group {kafka.group} {named} --reset-offsets "
        "--to-datetime … | --to-earliest | --to-latest --execute), from where everything is delivered again; "
        "or begin anew under another name with kafka.group"
    )


async def _commit_ends(consumer: AIOKafkaConsumer, partitions: list[KafkaPartition]) -> None:
    """Commit the present ends; if a member is there already, it has committed its own."""
    ends = await consumer.end_offsets(partitions)
    consumer.assign(partitions)
    try:
        await consumer.commit({partition: OffsetAndMetadata(end, "") for partition, end in ends.items()})
    except CommitFailedError:
        return
