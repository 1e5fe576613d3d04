"""`reconcile` on Kafka: the audit topic is read into accounts, then the input is held against them.

The commits are read first, the end of the audit after them: what a running pipeline has committed
by then stands on the audit topic. Both topics are read once, without a consumer group.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import assert_never

from aiokafka import ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition

from pipeline.adapters.kafka_admin import open_admin
from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_errors import (
    BrokerLacksError,
    BrokerUnreachableError,
    PartitionMissingError,
    TopicMissingError,
)
from pipeline.adapters.kafka_group import FIRST_USE_TRIES, read_committed
from pipeline.adapters.topic_scan import Records, Removed, TopicScan, open_scan
from pipeline.config.kafka import Kafka
from pipeline.core.commit import Committed, LogRange
from pipeline.core.dead_letter import read_origin
from pipeline.core.reconcile.account import Bounds
from pipeline.core.reconcile.accounts import Accounts
from pipeline.core.reconcile.asked import Asked, Span
from pipeline.core.reconcile.findings import Reconciliation
from pipeline.core.reconcile.judge import Judge
from pipeline.core.reconcile.scope import plan_scope
from pipeline.core.record import TopicPartition
from pipeline.core.topic_plan import PresentTopic
from pipeline.ports import LogUnavailable


async def reconcile(kafka: Kafka, asked: Asked) -> Reconciliation:
    """The books of every partition that is meant. Raises BrokerError."""
    audit_topic, inputs = await _topics(kafka)
    _check_partitions(inputs[0], asked)
    compacted = {topic.name for topic in inputs if _is_compacted(topic)}
    sources = [KafkaPartition(topic.name, number) for topic in inputs for number in range(topic.partitions)]
    committed = await _committed(kafka, asked.pipeline, sources)
    async with open_scan(kafka, check_crcs=False) as input_scan, open_scan(kafka) as audit_scan:
        spans = await _spans(input_scan, sources, kafka.topics.events, asked)
        accounts = await _read_audit(audit_scan, audit_topic, spans, asked)
        judges = {
            source: _judge(source, span, accounts, committed[TopicPartition(*source)], compacted, asked)
            for source, span in spans.items()
            if not span.is_empty
        }
        await _read_inputs(input_scan, spans, judges, kafka.topics.replays, asked.pipeline)
    return Reconciliation(
        partitions=[judge.finish() for judge in judges.values()],
        audit_records=accounts.values,
        foreign=accounts.foreign,
        misplaced=accounts.misplaced,
        has_commits=any(found is not None for found in committed.values()),
        pipelines=frozenset(accounts.pipelines),
    )


async def _topics(kafka: Kafka) -> tuple[PresentTopic, list[PresentTopic]]:
    """The audit topic; the events topic, and that of the replays where there is one."""
    names = kafka.topics
    wanted = (names.audit, names.events, names.replays)
    async with open_admin(kafka) as admin:
        try:
            present = await admin.present(wanted)
        except BrokerLacksError:
            present = await admin.present(wanted, with_settings=False)
    for name in (names.events, names.audit):
        if name not in present:
            raise TopicMissingError(f"topic {name} does not exist on {', '.join(kafka.bootstrap_servers)}")
    return present[names.audit], [present[name] for name in (names.events, names.replays) if name in present]


def _check_partitions(events: PresentTopic, asked: Asked) -> None:
    """A partition that is asked for and not there must not pass for one without mistakes."""
    for number in sorted(asked.begin.keys() | asked.end.keys()):
        if number >= events.partitions:
            raise PartitionMissingError(
                f"topic {events.name} has no partition {number}: its last one is {events.partitions - 1}"
            )


def _is_compacted(topic: PresentTopic) -> bool:
    return "compact" in (topic.settings or {}).get("cleanup.policy", "")


async def _committed(
    kafka: Kafka, group: str, sources: Collection[KafkaPartition]
) -> dict[TopicPartition, Committed | None]:
    wanted = [TopicPartition(*source) for source in sources]
    try:
        return await read_committed(group, client_options(kafka), wanted, tries=FIRST_USE_TRIES)
    except LogUnavailable as error:
        raise BrokerUnreachableError(str(error)) from error


async def _spans(
    scan: TopicScan, sources: Collection[KafkaPartition], events: str, asked: Asked
) -> dict[KafkaPartition, Span]:
    held = await scan.ranges(sources)
    since, until = await scan.at(held, asked.since_ms), await scan.at(held, asked.until_ms)
    return {
        source: asked.span(
            source.partition if source.topic == events else None, span, since.get(source), until.get(source)
        )
        for source, span in held.items()
    }


async def _read_audit(
    scan: TopicScan, topic: PresentTopic, spans: Mapping[KafkaPartition, Span], asked: Asked
) -> Accounts:
    """What the audit topic tells of the partitions that are meant."""
    accounts = Accounts(
        asked.pipeline,
        {
            TopicPartition(*source): Bounds(max(span.begin, span.held), span.end, asked.pass_)
            for source, span in spans.items()
        },
    )
    meant = {source.partition for source, span in spans.items() if not span.is_empty}
    held = await scan.ranges(
        KafkaPartition(topic.name, number) for number in meant if number < topic.partitions
    )
    for number in meant:
        accounts.begins_at(number, 0)
    for partition, span in held.items():
        accounts.begins_at(partition.partition, span.begin)
    async for found in scan.read(held):
        match found:
            case Records(partition, values):
                accounts.take(partition.partition, values)
            case Removed(partition, begin):
                accounts.begins_at(partition.partition, begin)
            case _:
                assert_never(found)
    return accounts


def _judge(
    source: KafkaPartition,
    span: Span,
    accounts: Accounts,
    committed: Committed | None,
    compacted: Collection[str],
    asked: Asked,
) -> Judge:
    account = accounts.of[TopicPartition(*source)]
    scope = plan_scope(account, span, accounts.kept[source.partition], committed, to_end=asked.to_end)
    judge = Judge(
        TopicPartition(*source),
        account,
        scope,
        is_compacted=source.topic in compacted,
        replayed=accounts.replayed[TopicPartition(*source)],
        most_findings=asked.most_findings,
    )
    judge.removed(span.held)
    return judge


async def _read_inputs(
    scan: TopicScan,
    spans: Mapping[KafkaPartition, Span],
    judges: Mapping[KafkaPartition, Judge],
    replays: str,
    pipeline: str,
) -> None:
    wanted = {
        source: LogRange(max(judge.report.begin, spans[source].held), judge.report.end)
        for source, judge in judges.items()
    }
    async for found in scan.read(wanted):
        match found:
            case Records(partition, records):
                judges[partition].take(_own(records, pipeline) if partition.topic == replays else records)
            case Removed(partition, begin):
                judges[partition].removed(begin)
            case _:
                assert_never(found)


def _own(records: Sequence[ConsumerRecord], pipeline: str) -> list[ConsumerRecord]:
    """The replays among them that name the pipeline: it passes by the others without an outcome."""
    return [
        record
        for record in records
        if (origin := read_origin(record.headers)) is not None and origin.pipeline == pipeline
    ]
