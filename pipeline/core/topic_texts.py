"""What a plan for the topics says: to people, with the command that mends it, and to programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from pipeline.core.topic_plan import (
    Change,
    ConfigDrift,
    CreateTopic,
    ExtendPartitions,
    Finding,
    Mismatch,
    TopicPlan,
)


@dataclass(frozen=True, slots=True)
class TopicProblem:
    """Why `run` may not start on these topics, and the command that mends it."""

    text: str
    mend: str

    def __str__(self) -> str:
        return f"{self.text}\n    {self.mend}"


def row(finding: Finding) -> tuple[str, str]:
    """The topic and what is found, for a table."""
    match finding:
        case CreateTopic(name, partitions, _, settings):
            told = ", ".join(f"{setting}={value}" for setting, value in settings.items())
            return name, f"created with {partitions} partitions, {told}"
        case ExtendPartitions(name, present, partitions):
            return name, f"extended from {present} to {partitions} partitions"
        case Mismatch(name, setting, present, desired):
            return name, f"{setting}={present}, needs {desired}"
        case ConfigDrift(name, setting, present, desired):
            return name, f"{setting}={present}, the contract says {desired}"
        case _:
            assert_never(finding)


def mend(finding: Change | Mismatch, target: str, servers: str) -> str:
    """The command that mends the finding; `target` is what `topics` is told of the broker."""
    match finding:
        case CreateTopic() | ExtendPartitions():
            return f"kameleoon-pipeline topics apply {target}"
        case Mismatch(name, setting, _, desired):
            return (
                f"kafka-configs.sh --bootstrap-server {servers} --alter --entity-type topics "
                f"--entity-name {name} --add-config {setting}={desired}"
            )
        case _:
            assert_never(finding)


def problems(plan: TopicPlan, target: str, servers: str) -> tuple[TopicProblem, ...]:
    """What stands between this plan and a start."""
    findings = (*plan.changes, *plan.mismatches)
    return tuple(TopicProblem(_lack(finding), mend(finding, target, servers)) for finding in findings)


def _lack(finding: Change | Mismatch) -> str:
    match finding:
        case CreateTopic(name, partitions):
            return f"topic {name} does not exist: it needs {partitions} partitions"
        case ExtendPartitions(name, present, partitions):
            return f"topic {name} has {present} partitions and needs {partitions}"
        case Mismatch(name, setting, present, desired):
            return f"topic {name} has {setting}={present} and needs {desired}"
        case _:
            assert_never(finding)


def as_json(finding: Finding) -> Mapping[str, object]:
    """The finding for programs."""
    match finding:
        case CreateTopic(name, partitions, copies, settings):
            return {
                "change": "create",
                "topic": name,
                "partitions": partitions,
                "replication_factor": copies,
                "settings": dict(settings),
            }
        case ExtendPartitions(name, present, partitions):
            return {"change": "extend", "topic": name, "present": present, "partitions": partitions}
        case Mismatch(name, setting, present, desired):
            kind = "mismatch"
        case ConfigDrift(name, setting, present, desired):
            kind = "drift"
        case _:
            assert_never(finding)
    return {kind: setting, "topic": name, "present": present, "desired": desired}
