"""Where a group begins that has no commits yet: decided before anybody joins it."""

from aiokafka import AIOKafkaConsumer, OffsetAndMetadata
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import CommitFailedError

from pipeline.adapters.group_history import MOST_RECORDS, History, read_history
from pipeline.adapters.kafka_client import client_options, stop_consumer
from pipeline.adapters.kafka_errors import broker_errors
from pipeline.adapters.kafka_group import FIRST_USE_TRIES, read_committed
from pipeline.config.kafka import Kafka
from pipeline.core.commit import START_LATEST
from pipeline.core.record import TopicPartition
from pipeline.engine.opening import StartRefusedError


async def start_group(kafka: Kafka) -> None:
    """Apply `kafka.start` to a group without commits; partitions added later start at their beginning.

    Raises StartRefusedError when the commits are gone but the group's audit is not, or is too long
    to tell: whether to begin anew is for the operator to say. Raises LogUnavailable, BrokerError.
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
            await stop_consumer(consumer)


async def _start(kafka: Kafka, consumer: AIOKafkaConsumer) -> None:
    events = await _partitions(consumer, kafka.topics.events)
    replays = await _partitions(consumer, kafka.topics.replays)
    begins_events = not await _has_commits(kafka, events)
    history = await read_history(kafka) if begins_events else History.NONE
    if history is not History.NONE:
        if await _has_commits(kafka, events):
            return  # another worker of the group has begun just now: it commits before it audits
        raise StartRefusedError(_refusal(kafka, history, kafka.topics.events, kafka.topics.replays))
    if await _holds_records(consumer, replays):
        await _refuse_second_replay(kafka, replays)
    if begins_events and kafka.start == "latest":
        await _commit_ends(consumer, [KafkaPartition(*partition) for partition in events])


async def _refuse_second_replay(kafka: Kafka, replays: list[TopicPartition]) -> None:
    """What was put back once would be delivered again, unasked."""
    if await _has_commits(kafka, replays):
        return
    history = await read_history(kafka, kafka.topics.replays)
    if history is not History.NONE and not await _has_commits(kafka, replays):
        raise StartRefusedError(_refusal(kafka, history, kafka.topics.replays))


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in sorted(await _numbers(consumer, topic))]


async def _holds_records(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> bool:
    wanted = [KafkaPartition(*partition) for partition in partitions]
    begins, ends = await consumer.beginning_offsets(wanted), await consumer.end_offsets(wanted)
    return any(begins[partition] < ends[partition] for partition in wanted)


async def _has_commits(kafka: Kafka, partitions: list[TopicPartition]) -> bool:
    committed = await read_committed(kafka.group, client_options(kafka), partitions, tries=FIRST_USE_TRIES)
    return any(found is not None for found in committed.values())


async def _numbers(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client._wait_on_metadata(topic)  # noqa: SLF001 (no public call asks without subscribing)
    return set(consumer.partitions_for_topic(topic) or ())


def _refusal(kafka: Kafka, history: History, *topics: str) -> str:
    named = " ".join(f"--topic {topic}" for topic in topics)
    by_hand = (
        f"set offsets by hand (kafka-consumer-groups --group {kafka.group} {named} --reset-offsets "
        "--to-datetime … | --to-earliest | --to-latest --execute), from where everything is delivered again"
    )
    missing = f"the group {kafka.group} has no commits for {topics[0]}"
    if history is History.WORKED:
        return (
            f"{missing}, but the audit topic {kafka.topics.audit} tells that it has read it before: its "
            f"commits were deleted or have expired. Choose: {by_hand}; or begin anew under another name "
            "with kafka.group"
        )
    return (
        f"{missing}, and the audit topic {kafka.topics.audit} is too long to tell whether it has read it "
        f"before: its newest {MOST_RECORDS:,} records do not. Say where to begin: {by_hand}"
    )


async def _commit_ends(consumer: AIOKafkaConsumer, partitions: list[KafkaPartition]) -> None:
    """Commit the present ends; if a member is there already, it has committed its own."""
    ends = await consumer.end_offsets(partitions)
    consumer.assign(partitions)
    try:
        await consumer.commit(
            {partition: OffsetAndMetadata(end, START_LATEST) for partition, end in ends.items()}
        )
    except CommitFailedError:
        return
