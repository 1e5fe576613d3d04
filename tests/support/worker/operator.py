"""What an operator does to a cluster and a consumer group, by hand."""

from collections.abc import Mapping
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from confluent_kafka import ConsumerGroupState, ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    ResourcePatternType,
    ResourceType,
)

from pipeline.core.commit import CommitMetadata, parse_metadata

_TIMEOUT_S: Final = 30
_NO_COMMIT: Final = -1


class Operator:
    """Kafka's tools, in short."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._client: Any = AdminClient({"bootstrap.servers": servers, "log_level": 2})

    def alter(self, topic: str, settings: Mapping[str, str]) -> None:
        """`kafka-configs --alter`."""
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in settings.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        self._client.incremental_alter_configs([resource])[resource].result(_TIMEOUT_S)

    def add_partitions(self, topic: str, count: int) -> None:
        """`kafka-topics --alter --partitions`: so many in all."""
        self._client.create_partitions([NewPartitions(topic, count)])[topic].result(_TIMEOUT_S)

    def delete_records(self, topic: str, below: Mapping[int, int]) -> None:
        """`kafka-delete-records`: what retention does, at once."""
        wanted = [TopicPartition(topic, partition, offset) for partition, offset in below.items()]
        for answer in self._client.delete_records(wanted).values():
            answer.result(_TIMEOUT_S)

    def forbid_writing(self, topic: str) -> None:
        """`kafka-acls --add --deny-principal User:* --operation Write`; all else stays allowed."""
        self._forbid(ResourceType.TOPIC, topic, AclOperation.WRITE)

    def forbid_looking(self, group: str) -> None:
        """The same with `--group` and `--operation Describe`: nobody may read its commits."""
        self._forbid(ResourceType.GROUP, group, AclOperation.DESCRIBE)

    def allow_all(self, name: str) -> None:
        """`kafka-acls --remove`: a topic and a group of this name are everybody's again."""
        kind, pattern = ResourceType.ANY, ResourcePatternType.LITERAL
        wanted = AclBindingFilter(kind, name, pattern, None, None, AclOperation.ANY, AclPermissionType.ANY)
        for answer in self._client.delete_acls([wanted]).values():
            answer.result(_TIMEOUT_S)

    def _forbid(self, kind: ResourceType, name: str, operation: AclOperation) -> None:
        pattern, everybody = ResourcePatternType.LITERAL, ("User:*", "*")
        acls = [
            AclBinding(kind, name, pattern, *everybody, operation, AclPermissionType.DENY),
            AclBinding(kind, name, pattern, *everybody, AclOperation.ALL, AclPermissionType.ALLOW),
        ]
        for answer in self._client.create_acls(acls).values():
            answer.result(_TIMEOUT_S)

    def set_offsets(self, group: str, topic: str, offsets: Mapping[int, int], metadata: str = "") -> None:
        """`kafka-consumer-groups --reset-offsets --execute`. The group must be empty.

        Other tools commit with metadata of their own.
        """
        positions = [
            TopicPartition(topic, partition, offset, metadata) for partition, offset in offsets.items()
        ]
        asked = [ConsumerGroupTopicPartitions(group, positions)]
        self._client.alter_consumer_group_offsets(asked)[group].result(_TIMEOUT_S)

    def delete_group(self, group: str) -> None:
        """`kafka-consumer-groups --delete`: its commits are gone."""
        self._client.delete_consumer_groups([group])[group].result(_TIMEOUT_S)

    def is_rebalancing(self, group: str) -> bool:
        """Whether a member has yet to rejoin."""
        told = self._client.describe_consumer_groups([group])[group].result(_TIMEOUT_S)
        return bool(told.state is ConsumerGroupState.PREPARING_REBALANCING)

    async def commits(self, group: str, topic: str) -> dict[int, tuple[int, CommitMetadata | None]]:
        """The committed offsets with what was said beside them; partitions without a commit are left out.

        By the other client: librdkafka's gave texts back that nobody had written.
        """
        admin = AIOKafkaAdminClient(bootstrap_servers=self._servers)
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(group)
        finally:
            await admin.close()
        return {
            partition.partition: (position.offset, parse_metadata(position.metadata or ""))
            for partition, position in found.items()
            if partition.topic == topic and position.offset != _NO_COMMIT
        }
