"""The rate, whatever happens: it keeps its pace, never stops, and nothing but time makes it grow."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.core.rate import CUT, LEAST_PER_S, Rate

BURST_S = 0.02
LONGEST_HOLD_S = 60.0
SLOWEST_S = 1.0 / (LEAST_PER_S * CUT)


class AnyTraffic(RuleBasedStateMachine):
    """Requests start when they may, and are answered at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.rate = Rate()
        self.now_s = 100.0
        self.starts_s: list[float] = []
        self.paced_since_s = self.now_s

    @rule(seconds=st.floats(0.0, 40.0))
    def wait(self, seconds: float) -> None:
        before = self.rate.per_s(self.now_s)
        self.now_s += seconds
        after = self.rate.per_s(self.now_s)
        assert (before is None) == (after is None)
        assert (after or 0.0) >= (before or 0.0), "without a 429 it never gets slower"

    @rule(times=st.integers(1, 40), pause_s=st.sampled_from([0.0, 0.01, 0.2]))
    def send(self, times: int, pause_s: float) -> None:
        for _ in range(times):
            if self.rate.next_s <= self.now_s:
                self.rate.start(self.now_s)
                self.starts_s.append(self.now_s)
            self.now_s += pause_s

    @precondition(lambda self: self.rate.next_s <= self.now_s)
    @rule()
    def send_nothing_after_all(self) -> None:
        self.rate.start(self.now_s)
        self.rate.spare(self.now_s)
        assert self.rate.next_s <= self.now_s

    @rule(times=st.integers(1, 500))
    def accept(self, times: int) -> None:
        for _ in range(times):
            self.rate.accept(self.now_s)

    @rule(age_s=st.floats(0.0, 5.0), hold_s=st.sampled_from([0.0, 0.0, 1.0, LONGEST_HOLD_S]))
    def throttle(self, age_s: float, hold_s: float) -> None:
        before = self.rate.per_s(self.now_s)
        self.rate.throttle(self.now_s - age_s, self.now_s, hold_s)
        after = self.rate.per_s(self.now_s)
        if before is not None:
            assert after is not None
            assert after <= max(before, LEAST_PER_S), "a 429 makes nothing faster"
        self.starts_s.clear()
        self.paced_since_s = self.now_s

    @invariant()
    def it_never_stops(self) -> None:
        assert self.rate.next_s <= self.now_s + SLOWEST_S

    @invariant()
    def no_more_start_than_the_pace_allows(self) -> None:
        limit_per_s = self.rate.per_s(self.now_s)
        if limit_per_s is not None:
            seconds = self.now_s - self.paced_since_s + BURST_S
            assert len(self.starts_s) <= limit_per_s * seconds + 1.001

    @invariant()
    def what_was_cut_grows_back_and_beyond(self) -> None:
        limit_per_s = self.rate.per_s(self.now_s)
        if limit_per_s is not None:
            later_s = self.now_s + LONGEST_HOLD_S + 80.0
            assert (self.rate.per_s(later_s) or 0.0) >= 1000 * LEAST_PER_S


TestAnyTraffic = AnyTraffic.TestCase
