from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.topic_plan import (
    ConfigDrift,
    CreateTopic,
    DesiredSetting,
    DesiredTopic,
    ExtendPartitions,
    Mismatch,
    Must,
    PresentTopic,
    TopicPlan,
    plan_topics,
)
from pipeline.core.topic_texts import problems

SET = "kafka-configs.sh --bootstrap-server kafka:9092 --alter --entity-type topics"
LIMIT = "max.message.bytes"
POLICY = "cleanup.policy"
EVENTS_SETTINGS = {LIMIT: DesiredSetting("1000", None, None), POLICY: DesiredSetting("delete", None, None)}
AUDIT_SETTINGS = {
    POLICY: DesiredSetting("delete", None, Must.NOT_COMPACTED),
    "retention.ms": DesiredSetting("9000", None, None),
}
LETTERS_SETTINGS = {LIMIT: DesiredSetting(None, 64, Must.AT_LEAST)}

EVENTS = DesiredTopic("events", 6, None, None, EVENTS_SETTINGS, is_users=True, is_read=True)
AUDIT = DesiredTopic("audit", None, Must.AT_LEAST, None, AUDIT_SETTINGS, is_users=False, is_read=False)
LETTERS = DesiredTopic("letters", None, None, None, LETTERS_SETTINGS, is_users=False, is_read=False)
REPLAYS = DesiredTopic("replays", None, None, None, LETTERS_SETTINGS, is_users=False, is_read=True)
DESIRED = (EVENTS, AUDIT, LETTERS, REPLAYS)

FITTING = {
    "events": PresentTopic("events", 6, 1, {LIMIT: "1000", POLICY: "delete"}),
    "audit": PresentTopic("audit", 6, 1, {POLICY: "delete", "retention.ms": "9000"}),
    "letters": PresentTopic("letters", 6, 1, {LIMIT: "1064"}),
    "replays": PresentTopic("replays", 6, 1, {LIMIT: "1064"}),
}


def _with(topic: str, **changes: object) -> Mapping[str, PresentTopic]:
    return {**FITTING, topic: replace(FITTING[topic], **changes)}  # type: ignore[arg-type]  # replace takes what each case names


def test_on_an_empty_broker_all_topics_are_created_with_the_events_partitions() -> None:
    assert plan_topics(DESIRED, {}).changes == (
        CreateTopic("events", 6, None, {LIMIT: "1000", POLICY: "delete"}),
        CreateTopic("audit", 6, None, {POLICY: "delete", "retention.ms": "9000"}),
        CreateTopic("letters", 6, None, {LIMIT: "1064"}),
        CreateTopic("replays", 6, None, {LIMIT: "1064"}),
    )


def test_on_fitting_topics_there_is_nothing_to_do() -> None:
    plan = plan_topics(DESIRED, FITTING)

    assert plan == TopicPlan()
    assert plan.is_fulfilled


def test_created_topics_follow_the_events_topic_that_is_there() -> None:
    events = {"events": PresentTopic("events", 48, 1, {LIMIT: "5000"})}

    created = plan_topics(DESIRED, events).changes

    assert created[0] == CreateTopic("audit", 48, None, {POLICY: "delete", "retention.ms": "9000"})
    assert created[1] == CreateTopic("letters", 48, None, {LIMIT: "5064"})


def test_an_audit_with_too_few_partitions_is_extended() -> None:
    assert plan_topics(DESIRED, _with("audit", partitions=4)).changes == (ExtendPartitions("audit", 4, 6),)


def test_an_audit_with_more_partitions_is_left() -> None:
    assert plan_topics(DESIRED, _with("audit", partitions=60)) == TopicPlan()


def test_the_audit_has_a_partition_for_each_of_the_replays_too() -> None:
    assert plan_topics(DESIRED, _with("replays", partitions=9)).changes == (ExtendPartitions("audit", 6, 9),)


def test_an_events_topic_that_is_there_is_never_changed() -> None:
    plan = plan_topics(DESIRED, _with("events", partitions=1, settings={LIMIT: "7", POLICY: "delete"}))

    assert plan == TopicPlan()


@pytest.mark.parametrize("policy", ["compact", "compact,delete"])
def test_a_compacted_audit_is_a_mismatch(policy: str) -> None:
    plan = plan_topics(DESIRED, _with("audit", settings={POLICY: policy}))

    assert plan.mismatches == (Mismatch("audit", POLICY, policy, "delete"),)
    assert not plan.is_fulfilled


def test_a_compacted_events_topic_is_mentioned_only() -> None:
    plan = plan_topics(DESIRED, _with("events", settings={LIMIT: "1000", POLICY: "compact"}))

    assert plan == TopicPlan(drifts=(ConfigDrift("events", POLICY, "compact", "delete"),))


def test_dead_letters_that_cannot_hold_the_largest_event_are_a_mismatch() -> None:
    plan = plan_topics(DESIRED, _with("events", settings={LIMIT: "5000", POLICY: "delete"}))

    assert plan.mismatches == (
        Mismatch("letters", LIMIT, "1064", "5064"),
        Mismatch("replays", LIMIT, "1064", "5064"),
    )


def test_a_larger_limit_keeps_the_contract() -> None:
    assert plan_topics(DESIRED, _with("letters", settings={LIMIT: "99999"})) == TopicPlan()


def test_another_retention_is_mentioned_only() -> None:
    plan = plan_topics(DESIRED, _with("audit", settings={POLICY: "delete", "retention.ms": "-1"}))

    assert plan == TopicPlan(drifts=(ConfigDrift("audit", "retention.ms", "-1", "9000"),))
    assert plan.is_fulfilled


def test_fewer_copies_than_configured_are_mentioned_only() -> None:
    desired = (EVENTS, replace(AUDIT, replication_factor=3))

    drifts = plan_topics(desired, FITTING).drifts

    assert drifts == (ConfigDrift("audit", "replication factor", "1", "3"),)


def test_settings_that_the_broker_does_not_tell_are_not_judged() -> None:
    untold = {name: replace(topic, settings=None) for name, topic in FITTING.items()}

    assert plan_topics(DESIRED, untold) == TopicPlan()


@given(st.dictionaries(st.sampled_from(["events", "audit", "letters", "replays"]), st.integers(1, 20)))
def test_no_plan_shrinks_a_topic_and_what_it_makes_keeps_the_contract(counts: dict[str, int]) -> None:
    present = {name: replace(FITTING[name], partitions=count) for name, count in counts.items()}

    after = dict(present)
    for change in plan_topics(DESIRED, present).changes:
        assert change.partitions > counts.get(change.name, 0)
        after[change.name] = replace(FITTING[change.name], partitions=change.partitions)

    assert plan_topics(DESIRED, after).is_fulfilled


def test_each_problem_comes_with_the_command_that_mends_it() -> None:
    present = dict(_with("audit", partitions=4, settings={POLICY: "compact"}))
    del present["replays"]

    found = problems(plan_topics(DESIRED, present), "--config my.yaml", "kafka:9092")

    assert [(problem.text, problem.mend) for problem in found] == [
        ("topic audit has 4 partitions and needs 6", "kameleoon-pipeline topics apply --config my.yaml"),
        (
            "topic replays does not exist: it needs 6 partitions",
            "kameleoon-pipeline topics apply --config my.yaml",
        ),
        (
            "topic audit has cleanup.policy=compact and needs delete",
            f"{SET} --entity-name audit --add-config cleanup.policy=delete",
        ),
    ]
