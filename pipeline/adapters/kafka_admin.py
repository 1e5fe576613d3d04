"""The topics on the broker: described, created, extended. Nothing here deletes or shrinks."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final, assert_never

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidPartitionsError

from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_errors import (
    BrokerError,
    BrokerLacksError,
    BrokerRefusedError,
    TopicMissingError,
    broker_errors,
    refused,
)
from pipeline.adapters.topic_contract import LIMIT, desired_topics
from pipeline.config.kafka import Kafka
from pipeline.core.topic_plan import (
    Change,
    CreateTopic,
    ExtendPartitions,
    PresentTopic,
    TopicPlan,
    plan_topics,
)
from pipeline.core.topic_texts import TopicProblem, problems

_REQUEST_TIMEOUT_MS: Final = 15_000
_SEEN_WITHIN_S: Final = 15
_LOOK_AGAIN_S: Final = 0.1
_BROKERS_DEFAULT: Final = -1
_UNKNOWN_TOPIC: Final = 3
_ALREADY_EXISTS: Final = 36


class TopicAdmin:
    """A connection for administration; `open_admin` makes one. Its methods raise BrokerError."""

    def __init__(self, client: AIOKafkaAdminClient, kafka: Kafka) -> None:
        self._client = client
        self._kafka = kafka

    async def present(
        self, names: Iterable[str], *, with_settings: bool = True
    ) -> Mapping[str, PresentTopic]:
        """Those of the topics that exist. Asks for no topic by name: a broker might create it."""
        wanted = set(names)
        with broker_errors(self._kafka.bootstrap_servers):
            described = await self._client.describe_topics()
            settings = await self._settings(wanted) if with_settings else {}
        return {
            topic["topic"]: _present(topic, settings.get(topic["topic"]))
            for topic in described
            if topic["topic"] in wanted
        }

    async def _settings(self, names: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in sorted(names)]
        found: dict[str, Mapping[str, str]] = {}
        for answer in await self._client.describe_configs(resources):
            for code, message, _kind, name, entries in answer.resources:
                if code not in (0, _UNKNOWN_TOPIC):
                    raise refused(code, message, f"the settings of topic {name}")
                found[name] = {entry[0]: entry[1] for entry in entries}
        return found

    async def plan(self, partitions: int | None = None, *, with_settings: bool = True) -> TopicPlan:
        """Compare the contract with the broker; `partitions` is for an events topic still to create."""
        desired = desired_topics(self._kafka, partitions)
        names = [topic.name for topic in desired]
        return plan_topics(desired, await self.present(names, with_settings=with_settings))

    async def fulfil(self, partitions: int | None = None) -> TopicPlan:
        """Make the topics as the contract has them; the plan, with the changes that were made here.

        Where another makes some at the same time, the rest is planned anew on what it has made.
        """
        made: list[Change] = []
        while True:
            plan = await self.plan(partitions)
            own = [change for change in plan.changes if await self.apply(change)]
            for change in plan.changes:
                await self.wait_until_seen(change, is_own=change in own)
            made += own
            if len(own) == len(plan.changes):
                return replace(plan, changes=tuple(made))

    async def apply(self, change: Change) -> bool:
        """Make one change; whether it was made here, for another may have been quicker."""
        with broker_errors(self._kafka.bootstrap_servers):
            match change:
                case CreateTopic():
                    return await self._create(change)
                case ExtendPartitions():
                    return await self._extend(change)
                case _:
                    assert_never(change)

    async def wait_until_seen(self, change: Change, *, is_own: bool = True) -> None:
        """Return when the broker tells of the change. Raises BrokerError when it does not for long.

        Of another's change nobody knows how many partitions it makes.
        """
        least = change.partitions if is_own else 1 + _present_before(change)
        for _ in range(round(_SEEN_WITHIN_S / _LOOK_AGAIN_S)):
            standing = (await self.present([change.name], with_settings=False)).get(change.name)
            if standing is not None and standing.partitions >= least:
                return
            await asyncio.sleep(_LOOK_AGAIN_S)
        raise BrokerError(f"topic {change.name}: the broker took the change and does not show it")

    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has. Raises TopicMissingError."""
        standing = (await self.present([topic], with_settings=False)).get(topic)
        if standing is None:
            where = ", ".join(self._kafka.bootstrap_servers)
            raise TopicMissingError(f"topic {topic} does not exist on {where}")
        return standing.partitions

    async def limit_bytes(self, topic: str) -> int | None:
        """How large a batch of records may be that the topic takes; None where the broker does not tell."""
        try:
            with broker_errors(self._kafka.bootstrap_servers):
                settings = await self._settings([topic])
        except (BrokerRefusedError, BrokerLacksError):
            return None
        limit = settings.get(topic, {}).get(LIMIT)
        return int(limit) if limit else None

    async def _create(self, change: CreateTopic) -> bool:
        copies = change.replication_factor or _BROKERS_DEFAULT
        placed: dict[int, list[int]] | None = {} if copies == _BROKERS_DEFAULT else None
        topic = NewTopic(change.name, change.partitions, copies, placed, dict(change.settings))
        answer = await self._client.create_topics([topic])
        for _name, code, message in answer.topic_errors:
            if code not in (0, _ALREADY_EXISTS):
                raise refused(code, message, f"topic {change.name} was not created")
        return all(code == 0 for _name, code, _message in answer.topic_errors)

    async def _extend(self, change: ExtendPartitions) -> bool:
        try:
            await self._client.create_partitions({change.name: NewPartitions(change.partitions)})
        except InvalidPartitionsError:
            if await self.partitions(change.name) == change.present:
                raise
            return False
        return True


def _present_before(change: Change) -> int:
    return change.present if isinstance(change, ExtendPartitions) else 0


def _present(topic: dict[str, Any], settings: Mapping[str, str] | None) -> PresentTopic:
    partitions = topic["partitions"]
    copies = min((len(partition["replicas"]) for partition in partitions), default=0)
    return PresentTopic(topic["topic"], len(partitions), copies, settings)


@asynccontextmanager
async def open_admin(kafka: Kafka) -> AsyncIterator[TopicAdmin]:
    """A connection for administration, closed at the end. Raises BrokerError."""
    with broker_errors(kafka.bootstrap_servers):
        client = AIOKafkaAdminClient(**client_options(kafka), request_timeout_ms=_REQUEST_TIMEOUT_MS)
        try:
            await client.start()
        except BaseException:
            await client.close()
            raise
    try:
        yield TopicAdmin(client, kafka)
    finally:
        await client.close()


async def verify_topics(kafka: Kafka, target: str, *, with_settings: bool = True) -> tuple[TopicProblem, ...]:
    """What stands between these topics and a start, each with the command that mends it.

    `target` is what the command was told of the broker, such as `--config pipeline.yaml`. Without
    settings only the topics and their partitions are compared: the embedded broker tells no more.
    Raises BrokerError.
    """
    async with open_admin(kafka) as admin:
        plan = await admin.plan(with_settings=with_settings)
    return problems(plan, target, ",".join(kafka.bootstrap_servers))
