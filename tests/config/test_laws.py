"""The time-out law: delivery.timeout + audit.timeout ≤ delivery.drain < kafka.rebalance_timeout - 5 s."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.laws import REBALANCE_MARGIN_S, check_time_outs
from pipeline.config.problem import ConfigError
from pipeline.config.report import Report
from pipeline.config.values import written_duration
from tests.support.configuration import config

DEFAULTS = config()
SECONDS = st.integers(1, 120)


def problems(timeout: float, audit: float, drain: float, rebalance: float) -> tuple[str, ...]:
    report = Report("file")
    check_time_outs(
        DEFAULTS.kafka.model_copy(update={"rebalance_timeout_s": rebalance}),
        DEFAULTS.delivery.model_copy(update={"timeout_s": timeout, "drain_s": drain}),
        DEFAULTS.audit.model_copy(update={"timeout_s": audit}),
        report,
    )
    return tuple(problem.hint for problem in report.problems)


@given(SECONDS, SECONDS, SECONDS, SECONDS)
def test_the_law_is_checked_exactly(timeout: int, audit: int, drain: int, rebalance: int) -> None:
    holds = timeout + audit <= drain < rebalance - REBALANCE_MARGIN_S
    assert (problems(timeout, audit, drain, rebalance) == ()) is holds


@given(SECONDS, SECONDS, SECONDS, SECONDS)
def test_doing_what_the_hints_say_is_enough(timeout: int, audit: int, drain: int, rebalance: int) -> None:
    for hint in problems(timeout, audit, drain, rebalance):
        written = hint.split("`")[1]
        [seconds] = [s for s in range(1, 400) if written_duration(s) == written]
        if "raise delivery.drain" in hint:
            drain = seconds
        if "raise kafka.rebalance_timeout" in hint:
            rebalance = seconds
    assert problems(timeout, audit, drain, rebalance) == ()


def test_the_defaults_keep_the_law() -> None:
    assert DEFAULTS.warnings == ()


def test_a_law_is_not_judged_by_a_value_that_is_wrong_itself() -> None:
    with pytest.raises(ConfigError) as raised:
        config("delivery:\n  timeout: 100\n  drain: 55s\n")
    assert [problem.key for problem in raised.value.problems] == ["delivery.timeout"]
