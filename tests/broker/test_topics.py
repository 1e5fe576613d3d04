"""`topics plan` and `topics apply`, and what `run` asks before it starts, on real Kafka."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.adapters.kafka_admin import TopicAdmin, open_admin, verify_topics
from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.config.kafka import Kafka
from pipeline.core.topic_plan import TopicPlan
from tests.support.kafka.broker import Broker
from tests.support.own_topics import config_file, own_topics

pytestmark = pytest.mark.kafka


@pytest.fixture
def own(kafka: Broker, unique: str) -> Iterator[Kafka]:
    with own_topics(kafka, unique) as section:
        yield section


@pytest.fixture
def config(kafka: Broker, unique: str, tmp_path: Path, own: Kafka) -> str:
    return config_file(tmp_path, kafka, unique)


def _topics(verb: str, config: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["topics", verb, "--config", config, *options])


def _partitions(kafka: Broker, own: Kafka) -> dict[str, int]:
    return {role: kafka.admin.partitions(name) for role, name in own.topics.model_dump().items()}


def test_apply_makes_the_plan_true_and_doing_it_again_changes_nothing(
    kafka: Broker, own: Kafka, config: str
) -> None:
    assert _topics("plan", config).exit_code == ExitCode.FOUND
    assert _topics("apply", config, "--partitions", "3").exit_code == ExitCode.FINE
    assert _partitions(kafka, own) == {"events": 3, "audit": 3, "dead_letters": 3, "replays": 3}
    assert _topics("plan", config, "--partitions", "9").exit_code == ExitCode.FINE
    assert "nothing to do" in _topics("apply", config, "--partitions", "9").output
    assert _partitions(kafka, own)["events"] == 3


@pytest.fixture
def quicker(own: Kafka, monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Another `apply`, with so many partitions of the events, between each plan and its changes."""
    others: list[int | None] = []
    plan = TopicAdmin.plan

    async def plan_and_wait(admin: TopicAdmin, partitions: int | None = None) -> TopicPlan:
        found = await plan(admin, partitions)
        if others:
            count = others.pop()
            async with open_admin(own) as other:
                await other.fulfil(count)
        return found

    monkeypatch.setattr(TopicAdmin, "plan", plan_and_wait)
    return others


@pytest.mark.parametrize("one, other", [(6, 2), (2, 6), (3, 3)])
def test_of_two_at_once_the_slower_goes_on_from_what_the_other_made(
    kafka: Broker, own: Kafka, config: str, quicker: list[int | None], one: int, other: int
) -> None:
    quicker.append(other)

    result = _topics("apply", config, "--partitions", str(one))

    assert result.exit_code == ExitCode.FINE, result.output
    assert "nothing to do" in result.output
    assert set(_partitions(kafka, own).values()) == {other}


def test_of_two_that_extend_the_audit_at_once_both_are_content(
    kafka: Broker, own: Kafka, config: str, quicker: list[int | None]
) -> None:
    kafka.topic(5, name=own.topics.events)
    kafka.topic(2, name=own.topics.audit)
    quicker.append(None)

    result = _topics("apply", config)

    assert result.exit_code == ExitCode.FINE, result.output
    assert set(_partitions(kafka, own).values()) == {5}


def test_the_plan_is_told_to_programs(own: Kafka, config: str) -> None:
    plan = json.loads(_topics("plan", config, "--json", "--partitions", "2").stdout)

    assert not plan["fulfilled"]
    assert plan["changes"][0] == {
        "change": "create",
        "topic": own.topics.events,
        "partitions": 2,
        "replication_factor": None,
        "settings": {
            "cleanup.policy": "delete",
            "retention.ms": "604800000",
            "max.message.bytes": "1048588",
        },
    }


def test_what_is_created_has_the_contracts_settings(own: Kafka, config: str) -> None:
    _topics("apply", config)

    plan = json.loads(_topics("plan", config, "--json").stdout)

    assert plan == {"fulfilled": True, "changes": [], "mismatches": [], "drifts": []}


def test_topics_follow_an_events_topic_that_is_there(kafka: Broker, own: Kafka, config: str) -> None:
    kafka.topic(5, name=own.topics.events)
    kafka.topic(2, name=own.topics.audit)

    result = _topics("apply", config)

    assert result.exit_code == ExitCode.FINE, result.output
    assert _partitions(kafka, own) == {"events": 5, "audit": 5, "dead_letters": 5, "replays": 5}


async def test_a_larger_events_limit_is_followed(kafka: Broker, own: Kafka) -> None:
    kafka.topic(1, {"max.message.bytes": "5000000"}, name=own.topics.events)

    async with open_admin(own) as admin:
        for change in (await admin.plan()).changes:
            await admin.apply(change)
            await admin.wait_until_seen(change)
        present = await admin.present([own.topics.dead_letters])

    settings = present[own.topics.dead_letters].settings
    assert settings is not None
    assert settings["max.message.bytes"] == str(5_000_000 + 65_536)


def test_a_compacted_audit_is_left_to_a_person(kafka: Broker, own: Kafka, config: str) -> None:
    kafka.topic(1, name=own.topics.events)
    kafka.topic(1, {"cleanup.policy": "compact"}, name=own.topics.audit)

    result = _topics("apply", config)

    assert result.exit_code == ExitCode.FOUND
    assert f"--entity-name {own.topics.audit} --add-config cleanup.policy=delete" in result.output


async def test_a_start_is_refused_with_the_command_that_mends_it(kafka: Broker, own: Kafka) -> None:
    kafka.topic(3, name=own.topics.events)
    kafka.topic(1, {"cleanup.policy": "compact"}, name=own.topics.audit)

    problems = await verify_topics(own, "--config my.yaml")

    assert [problem.text for problem in problems] == [
        f"topic {own.topics.audit} has 1 partitions and needs 3",
        f"topic {own.topics.dead_letters} does not exist: it needs 3 partitions",
        f"topic {own.topics.replays} does not exist: it needs 3 partitions",
        f"topic {own.topics.audit} has cleanup.policy=compact and needs delete",
    ]
    assert {problem.mend for problem in problems[:3]} == {"kameleoon-pipeline topics apply --config my.yaml"}
    assert problems[3].mend.startswith("kafka-configs.sh ")


async def test_a_start_is_allowed_on_topics_that_were_applied(own: Kafka, config: str) -> None:
    async with open_admin(own) as admin:
        for change in (await admin.plan()).changes:
            await admin.apply(change)
            await admin.wait_until_seen(change)

    assert await verify_topics(own, "") == ()


def test_more_copies_than_there_are_brokers_are_refused_in_the_brokers_words(own: Kafka, config: str) -> None:
    Path(config).write_text(Path(config).read_text("utf-8") + "  replication_factor: 90\n", "utf-8")

    result = _topics("apply", config)

    assert result.exit_code == ExitCode.USAGE
    assert f"topic {own.topics.events} was not created: " in result.output
