"""The concurrency, whatever was answered: within its bounds, low while many fail, and never low for ever."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.core.concurrency import MEMORY_S, Bounds, Concurrency

BOUNDS = Bounds(1, 12)
ROUND = 12
"""Answers enough for a round, however many may be under way."""


class AnyAnswers(RuleBasedStateMachine):
    """Rounds of answers of any speed, some failed, with outages and quiet times between them."""

    def __init__(self) -> None:
        super().__init__()
        self.concurrency = Concurrency(BOUNDS)
        self.now_s = 0.0

    def answer(self, took_s: float, failed: int = 0) -> None:
        for number in range(ROUND):
            self.concurrency.hear(self.now_s, self.now_s + took_s, is_failed=number < failed)
        self.now_s += took_s + 0.1

    @rule(took_s=st.floats(0.0, 10.0), failed=st.integers(0, ROUND), rounds=st.integers(1, 20))
    def rounds(self, took_s: float, failed: int, rounds: int) -> None:
        for _ in range(rounds):
            self.answer(took_s, failed)

    @rule(took_s=st.floats(0.0, 10.0), is_failed=st.booleans())
    def one_answer(self, took_s: float, is_failed: bool) -> None:  # noqa: FBT001 (drawn)
        self.concurrency.hear(self.now_s, self.now_s + took_s, is_failed=is_failed)
        self.now_s += took_s

    @rule(seconds=st.floats(0.0, 100.0))
    def be_quiet(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(failed=st.integers(2, ROUND))
    def fail_for_long(self, failed: int) -> None:
        for _ in range(12):
            self.answer(0.02, failed)
        assert self.concurrency.limit == BOUNDS.least

    @rule()
    def come_back(self) -> None:
        self.concurrency.restart(self.now_s)
        assert self.concurrency.limit == BOUNDS.least

    @rule(took_s=st.sampled_from([0.0, 0.02, 0.5, 5.0]))
    def be_steady(self, took_s: float) -> None:
        """Steady answers without a failure bring all of it back, however fast they once were."""
        end_s = self.now_s + 2 * MEMORY_S + 40 * (took_s + 0.1)
        while self.concurrency.limit < BOUNDS.most:
            self.answer(took_s)
            if self.now_s > end_s:
                pytest.fail(f"still {self.concurrency.limit}")

    @invariant()
    def it_keeps_its_bounds(self) -> None:
        assert BOUNDS.least <= self.concurrency.limit <= BOUNDS.most


TestAnyAnswers = AnyAnswers.TestCase
