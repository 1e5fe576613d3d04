"""The contract under the configuration's names and limits, as the plan for the topics reads it."""

from typing import Final

from pipeline.config.kafka import Kafka
from pipeline.core.topic_plan import DesiredSetting, DesiredTopic, Must
from topics import CONTRACTS, Role, Setting, TopicContract

_ORDER: Final[tuple[Role, ...]] = ("events", "audit", "dead_letters", "replays")
LIMIT: Final = "max.message.bytes"
"""The setting of how large a batch of records may be."""


def desired_topics(kafka: Kafka, partitions: int | None = None) -> tuple[DesiredTopic, ...]:
    """The four topics as they should be; `partitions` is for an events topic still to create."""
    return tuple(_desired(kafka, role, CONTRACTS[role], partitions) for role in _ORDER)


def _desired(kafka: Kafka, role: Role, contract: TopicContract, partitions: int | None) -> DesiredTopic:
    settings = {name: _setting(setting) for name, setting in contract.configuration.items()}
    if role == "events":
        limit = max(kafka.max_record_bytes, int(contract.configuration[LIMIT].value or 0))
        settings[LIMIT] = DesiredSetting(str(limit), None, None)
    must, count = contract.partitions.must, contract.partitions.count
    return DesiredTopic(
        name=getattr(kafka.topics, role),
        partitions=(partitions or count) if role == "events" else count,
        partitions_must=Must(must) if must else None,
        replication_factor=kafka.replication_factor,
        settings=settings,
        is_users=role == "events",
        is_read=role in ("events", "replays"),
    )


def _setting(setting: Setting) -> DesiredSetting:
    return DesiredSetting(setting.value, setting.over_events, Must(setting.must) if setting.must else None)
