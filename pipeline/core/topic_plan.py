"""What would have to change on a broker for its topics to keep the contract. Nothing shrinks or goes.

The shell describes the broker (`PresentTopic`) and the contract (`DesiredTopic`); this decides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_UNLIMITED: Final = -1


class Must(StrEnum):
    """What the pipeline insists on; without it another value is only mentioned."""

    AT_LEAST = "at-least"
    NOT_COMPACTED = "not-compacted"


@dataclass(frozen=True, slots=True)
class DesiredSetting:
    """One topic setting as the contract has it. `over_events` is added to the events topic's own value."""

    value: str | None
    over_events: int | None
    must: Must | None


@dataclass(frozen=True, slots=True)
class DesiredTopic:
    """One topic as the contract has it.

    `partitions` is None for as many as the topics that are read have; `replication_factor` None for
    the broker's default. `is_users` marks the events topic, which is only ever created.
    """

    name: str
    partitions: int | None
    partitions_must: Must | None
    replication_factor: int | None
    settings: Mapping[str, DesiredSetting]
    is_users: bool
    is_read: bool


@dataclass(frozen=True, slots=True)
class PresentTopic:
    """One topic as the broker has it. `settings` is None where the broker does not tell."""

    name: str
    partitions: int
    replication_factor: int
    settings: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class CreateTopic:
    """Change: the topic is not there."""

    name: str
    partitions: int
    replication_factor: int | None
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ExtendPartitions:
    """Change: the topic has too few partitions."""

    name: str
    present: int
    partitions: int


@dataclass(frozen=True, slots=True)
class ConfigDrift:
    """Mentioned only: a setting is not the contract's, and the pipeline can live with it."""

    name: str
    setting: str
    present: str
    desired: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A setting that the pipeline cannot live with and `topics apply` does not touch."""

    name: str
    setting: str
    present: str
    desired: str


Change = CreateTopic | ExtendPartitions
Finding = CreateTopic | ExtendPartitions | Mismatch | ConfigDrift


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """Changes that `topics apply` makes, mismatches that a person mends, and drifts."""

    changes: tuple[Change, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    drifts: tuple[ConfigDrift, ...] = ()

    @property
    def is_fulfilled(self) -> bool:
        """Whether `run` may start on these topics."""
        return not self.changes and not self.mismatches


@dataclass(slots=True)
class _Findings:
    changes: list[Change] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)
    drifts: list[ConfigDrift] = field(default_factory=list)


def plan_topics(desired: Iterable[DesiredTopic], present: Mapping[str, PresentTopic]) -> TopicPlan:
    """Compare the contract with what the broker has. One of the topics is the user's: the events."""
    topics = tuple(desired)
    events = next(topic for topic in topics if topic.is_users)
    events_settings = _events_settings(events, present.get(events.name))
    counts = _Counts(_partitions_of(events, present), _most_read(topics, present))
    found = _Findings()
    for topic in topics:
        settings = {
            name: _value(setting, events_settings.get(name)) for name, setting in topic.settings.items()
        }
        standing = present.get(topic.name)
        if standing is None:
            count = counts.needed(topic)
            found.changes.append(CreateTopic(topic.name, count, topic.replication_factor, settings))
            continue
        _compare_partitions(topic, standing, counts.needed(topic), found)
        _compare_settings(topic, standing, settings, found)
    return TopicPlan(tuple(found.changes), tuple(found.mismatches), tuple(found.drifts))


@dataclass(frozen=True, slots=True)
class _Counts:
    events: int
    most_read: int

    def needed(self, topic: DesiredTopic) -> int:
        if topic.partitions is not None:
            return topic.partitions
        return self.most_read if topic.partitions_must else self.events


def _partitions_of(topic: DesiredTopic, present: Mapping[str, PresentTopic]) -> int:
    standing = present.get(topic.name)
    return standing.partitions if standing else topic.partitions or 0


def _most_read(topics: Iterable[DesiredTopic], present: Mapping[str, PresentTopic]) -> int:
    """The audit stands in the partition of its source: it has one for each that may be read."""
    return max(_partitions_of(topic, present) for topic in topics if topic.is_read)


def _events_settings(events: DesiredTopic, standing: PresentTopic | None) -> Mapping[str, str]:
    """What the events topic has or will have; the larger where a limit is configured as well."""
    wanted = {name: setting.value or "" for name, setting in events.settings.items()}
    if standing is None or standing.settings is None:
        return wanted
    return {name: _larger(standing.settings.get(name, value), value) for name, value in wanted.items()}


def _larger(one: str, other: str) -> str:
    return max(one, other, key=int) if one.isdigit() and other.isdigit() else one


def _value(setting: DesiredSetting, of_events: str | None) -> str:
    if setting.over_events is None:
        return setting.value or ""
    return str(int(of_events or 0) + setting.over_events)


def _compare_partitions(topic: DesiredTopic, standing: PresentTopic, needed: int, found: _Findings) -> None:
    if topic.partitions_must is Must.AT_LEAST and standing.partitions < needed:
        found.changes.append(ExtendPartitions(topic.name, standing.partitions, needed))
    wanted = topic.replication_factor
    if wanted is not None and not topic.is_users and standing.replication_factor < wanted:
        drift = ConfigDrift(topic.name, "replication factor", str(standing.replication_factor), str(wanted))
        found.drifts.append(drift)


def _compare_settings(
    topic: DesiredTopic, standing: PresentTopic, wanted: Mapping[str, str], found: _Findings
) -> None:
    for name, value in wanted.items():
        has = None if standing.settings is None else standing.settings.get(name)
        if has is None or has == value:
            continue
        must = topic.settings[name].must
        if must is not None and not _keeps(must, has, value):
            found.mismatches.append(Mismatch(topic.name, name, has, value))
        elif must is not Must.AT_LEAST and not (topic.is_users and _is_users_choice(name)):
            found.drifts.append(ConfigDrift(topic.name, name, has, value))


def _keeps(must: Must, has: str, value: str) -> bool:
    match must:
        case Must.AT_LEAST:
            return int(has) == _UNLIMITED or int(has) >= int(value)
        case Must.NOT_COMPACTED:
            return "compact" not in has


def _is_users_choice(setting: str) -> bool:
    """Of an events topic that is there only compaction is worth a word."""
    return setting != "cleanup.policy"
