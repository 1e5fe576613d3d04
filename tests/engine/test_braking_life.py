"""The brake across workers: once on it stays on, until another configuration or an operator takes it off."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.core.brake import BrakePolicy
from pipeline.core.outcome import (
    Attempts,
    Deliverable,
    Delivered,
    Failed,
    Filtered,
    Outcome,
    Reason,
    Rejected,
    Stage,
)
from pipeline.engine.braking import BrakeSettings, Braking
from pipeline.engine.meter import Meter
from tests.support.clock import FakeClock

POLICY = BrakePolicy(share=0.75, of=12, in_a_row=6)
PART = Deliverable("Tracks", "logEvent", b"{}", (), has_visitor_code=False)
MADE = Attempts(1, 0, 400, 1.0, 0, 0, is_doubtful=False, may_have_arrived=False)
ACCEPTED = Delivered(PART, MADE, possible_duplicate=False)
BAD: list[Outcome] = [
    Failed(PART, Reason.REFUSED, "", MADE, possible_duplicate=False),
    Rejected(Stage.MAP, Reason.MAPPING_FAILED, ""),
]
NEITHER: list[Outcome] = [
    Rejected(Stage.DECODE, Reason.INVALID_JSON, ""),
    Filtered(Reason.NO_MAPPING_MATCHED, ""),
]


class AnyWorkers(RuleBasedStateMachine):
    """Workers one after the other; what the last one's commits say of the brake is all that outlives it."""

    def __init__(self) -> None:
        super().__init__()
        self.begin("first", is_released=False)

    def begin(self, digest: str, *, is_released: bool) -> None:
        self.digest = digest
        self.braking = Braking(BrakeSettings(POLICY, digest, is_released), FakeClock(), Meter())
        self.seen: dict[bool, list[bool]] = {False: [], True: []}
        self.expected = False

    @rule(is_bad=st.booleans(), times=st.integers(1, 8), of_mappings=st.booleans())
    def count(self, *, is_bad: bool, times: int, of_mappings: bool) -> None:
        """What mappings make and what is answered: neither speaks for the other."""
        for _ in range(times):
            self.tell(is_bad=is_bad, of_mappings=of_mappings)
            seen = self.seen[of_mappings]
            seen.append(is_bad)
            in_a_row = len(seen) >= POLICY.in_a_row and all(seen[-POLICY.in_a_row :])
            is_high = len(seen) >= POLICY.of and sum(seen[-POLICY.of :]) >= POLICY.share * POLICY.of
            self.expected |= is_bad and (in_a_row or is_high)

    def tell(self, *, is_bad: bool, of_mappings: bool) -> None:
        if of_mappings and not is_bad:
            self.braking.note_made()
        else:
            self.braking.count(BAD[of_mappings] if is_bad else ACCEPTED)

    @rule(which=st.integers(0, 1), times=st.integers(1, 30))
    def count_what_says_nothing(self, which: int, times: int) -> None:
        for _ in range(times):
            self.braking.count(NEITHER[which])

    @rule(digest=st.sampled_from(["first", "second"]), is_released=st.booleans())
    def start_anew(self, digest: str, *, is_released: bool) -> None:
        left_on = self.braking.told
        self.begin(digest, is_released=is_released)
        self.braking.meet(None)
        self.braking.meet(left_on)
        self.expected = left_on == digest and not is_released

    @invariant()
    def it_is_on_exactly_when_it_should_be(self) -> None:
        assert self.braking.is_on == self.expected
        assert self.braking.told == (self.digest if self.expected else None)


TestAnyWorkers = AnyWorkers.TestCase
