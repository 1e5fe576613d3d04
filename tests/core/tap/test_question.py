"""What is asked travels to the worker whole, and a worker takes nothing else for a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.audit_record import OutcomeKind
from pipeline.core.outcome import EventSummary, Stage
from pipeline.core.record import Record
from pipeline.core.tap.question import (
    MOST_EVERY,
    MOST_PER_SECOND,
    MisputError,
    Question,
    asked,
    problem_of,
    read_question,
)
from pipeline.core.tap.sighting import End, Sighting

NAMES = st.frozensets(st.text())
QUESTIONS = st.builds(
    Question,
    stage=st.sampled_from([Stage.TRIGGER, Stage.AUDIT, Stage.DELIVER]),
    event_names=NAMES,
    mappings=NAMES,
    message_ids=NAMES,
    outcomes=st.frozensets(st.sampled_from(OutcomeKind)),
    every=st.integers(1, MOST_EVERY),
    per_second=st.integers(1, MOST_PER_SECOND),
    with_values=st.booleans(),
)


@given(QUESTIONS)
def test_a_question_arrives_as_it_was_put(question: Question) -> None:
    assert read_question(asked(question)) == question


def test_values_are_masked_unless_they_are_asked_for() -> None:
    assert not read_question([("stage", "audit")]).with_values
    assert not read_question([("stage", "audit"), ("values", "true")]).with_values


@pytest.mark.parametrize(
    "pairs, told",
    [
        ([], "stage is one of source, decode, trigger"),
        ([("stage", "canary")], "stage is one of source"),
        ([("stage", "audit"), ("stage", "audit")], "stage is given more than once"),
        ([("stage", "audit"), ("outcome", "canary")], "outcome is one of delivered"),
        ([("stage", "audit"), ("every", "0")], "a whole one from 1 to"),
        ([("stage", "audit"), ("every", "-1")], "a whole one from 1 to"),
        ([("stage", "audit"), ("every", "9" * 5000)], "a whole one from 1 to"),
        ([("stage", "audit"), ("per_second", "1001")], "from 1 to 1000"),
        ([("stage", "audit"), ("per_second", "²")], "from 1 to 1000"),
        ([("stage", "audit"), ("canary", "1")], "not known here"),
        ([("stage", "source"), ("mapping", "canary")], "no mapping has been looked at"),
        ([("stage", "batch"), ("outcome", "failed")], "no event ends at batch"),
    ],
)
def test_what_is_no_question_is_refused_without_quoting_it(pairs: list[tuple[str, str]], told: str) -> None:
    with pytest.raises(MisputError) as refused:
        read_question(pairs)
    assert told in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_may_be_asked_for_all_events(stage: Stage) -> None:
    assert problem_of(Question(stage=stage)) is None


def test_each_condition_has_to_hold() -> None:
    seen = Sighting(
        stage=Stage.AUDIT,
        record=Record("events", 0, 0, 0, None, b"{}"),
        summary=EventSummary("m-1", "track", "Order", None),
        mapping="Orders",
        end=End(OutcomeKind.FAILED, "refused"),
    )

    def asks(**conditions: frozenset[str]) -> bool:
        return Question(stage=Stage.AUDIT, **conditions).asks_for(seen)  # type: ignore[arg-type]  # a set of either

    assert asks()
    assert asks(
        event_names=frozenset({"Order", "x"}),
        mappings=frozenset({"Orders"}),
        message_ids=frozenset({"m-1"}),
        outcomes=frozenset({OutcomeKind.FAILED}),
    )
    for name in ("event_names", "mappings", "message_ids", "outcomes"):
        assert not asks(**{name: frozenset({"other"})})
