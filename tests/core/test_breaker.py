"""The breaker: opens only over the destination's own faults, and always finds back."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.core.attempt import Sign
from pipeline.core.breaker import DISTINCT_FAILURES, Breaker, Cause, Closed, Open, Probe, State
from pipeline.core.retry import Backoff

CAP_S = 30.0
BACKOFF = Backoff(1.0, CAP_S)


def state(breaker: Breaker) -> State:
    return breaker.state


def failing_breaker(events: int = DISTINCT_FAILURES) -> Breaker:
    breaker = Breaker(BACKOFF)
    for event in range(events):
        breaker.hear(Sign.FAILS, event, 0.0, 0.0)
    return breaker


def test_five_different_events_open_it() -> None:
    assert isinstance(failing_breaker(DISTINCT_FAILURES - 1).state, Closed)
    assert failing_breaker().state == Open(Cause.FAILING, 0.5, Probe.EVENT)


def test_one_event_that_always_fails_does_not() -> None:
    breaker = Breaker(BACKOFF)
    for number in range(1000):
        breaker.hear(Sign.FAILS, "the same", number, 0.5)

    assert isinstance(breaker.state, Closed)


def test_one_accepted_among_the_failures_keeps_it_closed() -> None:
    breaker = failing_breaker(DISTINCT_FAILURES - 1)
    breaker.hear(Sign.TAKES, "other", 0.0, 0.0)
    breaker.hear(Sign.FAILS, "one more", 0.0, 0.0)

    assert isinstance(breaker.state, Closed)


def test_one_unknown_key_opens_it_and_the_key_is_asked_for_first() -> None:
    breaker = Breaker(BACKOFF)
    breaker.hear(Sign.KNOWS_NO_KEY, "any", 0.0, 1.0)

    assert state(breaker) == Open(Cause.UNAUTHORISED, 1.0, Probe.KEY)
    assert breaker.begin_probe(0.9) is None
    assert breaker.begin_probe(1.0) is Probe.KEY
    breaker.end_key_probe(is_refused=False, now_s=1.1, jitter=0.0)
    assert state(breaker) == Open(Cause.UNAUTHORISED, 1.1, Probe.EVENT)
    assert breaker.begin_probe(1.1) is Probe.EVENT


def test_a_late_answer_does_not_close_it() -> None:
    """Sent before the key was revoked, answered after: no proof that the key is good."""
    breaker = Breaker(BACKOFF)
    breaker.hear(Sign.KNOWS_NO_KEY, "any", 0.0, 1.0)
    breaker.hear(Sign.TAKES, "sent before", 0.1, 0.0)

    assert breaker.cause is Cause.UNAUTHORISED


def test_probes_get_rarer_up_to_the_cap_and_only_an_accepted_event_resets_that() -> None:
    breaker = failing_breaker()
    waits, now_s = [], 0.0
    for sign in [Sign.FAILS] * 7 + [Sign.REFUSES_EVENT]:
        found = state(breaker)
        assert isinstance(found, Open)
        waits.append(found.probe_at_s - now_s)
        now_s = found.probe_at_s
        breaker.begin_probe(now_s)
        breaker.end_event_probe(sign, now_s, 1.0)
    assert waits == [0.5, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert isinstance(state(breaker), Closed)

    breaker.hear(Sign.KNOWS_NO_KEY, "any", now_s, 1.0)
    assert state(breaker) == Open(Cause.UNAUTHORISED, now_s + 30.0, Probe.KEY)
    breaker.begin_probe(now_s + 30)
    breaker.end_event_probe(Sign.TAKES, now_s + 30, 1.0)
    breaker.hear(Sign.KNOWS_NO_KEY, "any", now_s + 30, 1.0)
    assert state(breaker) == Open(Cause.UNAUTHORISED, now_s + 31.0, Probe.KEY)


@pytest.mark.parametrize("sign", Sign)
def test_an_event_that_is_itself_to_blame_is_no_reason_to_open(sign: Sign) -> None:
    breaker = Breaker(BACKOFF)
    for event in range(100):
        breaker.hear(sign, event, 0.0, 0.5)

    assert isinstance(breaker.state, Closed) == (sign not in {Sign.FAILS, Sign.KNOWS_NO_KEY})


class AnyLife(RuleBasedStateMachine):
    """Whatever happens, there is a probe within the cap, one at a time, and an accepted one closes."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(BACKOFF)
        self.now_s = 0.0
        self.failed_since_accepted: set[int] = set()
        self.has_lost_its_key = False

    @rule(seconds=st.floats(0.0, 100.0))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(sign=st.sampled_from(Sign), event=st.integers(0, 7), jitter=st.floats(0, 1, exclude_max=True))
    def hear(self, sign: Sign, event: int, jitter: float) -> None:
        was_closed = isinstance(self.breaker.state, Closed)
        before = self.breaker.state
        self.breaker.hear(sign, event, self.now_s, jitter)
        if not was_closed:
            assert self.breaker.state == before
        elif sign is Sign.TAKES:
            self.failed_since_accepted.clear()
        elif sign is Sign.FAILS:
            self.failed_since_accepted.add(event)
        if was_closed and sign is Sign.KNOWS_NO_KEY:
            assert self.breaker.cause is Cause.UNAUTHORISED
        elif was_closed:
            is_open = isinstance(self.breaker.state, Open)
            assert is_open == (len(self.failed_since_accepted) >= DISTINCT_FAILURES)

    @precondition(lambda self: isinstance(self.breaker.state, Open))
    @rule(
        key_is_refused=st.booleans(),
        sign=st.sampled_from(Sign),
        is_given_up=st.booleans(),
        jitter=st.floats(0, 1, exclude_max=True),
    )
    def probe(self, *, key_is_refused: bool, sign: Sign, is_given_up: bool, jitter: float) -> None:
        breaker = self.breaker
        self.now_s += CAP_S
        probe = breaker.begin_probe(self.now_s)
        assert probe is not None
        assert breaker.begin_probe(self.now_s + CAP_S) is None, "one at a time"
        if is_given_up:
            breaker.give_up_probe(self.now_s)
            assert breaker.begin_probe(self.now_s) is probe
        if probe is Probe.KEY:
            breaker.end_key_probe(is_refused=key_is_refused, now_s=self.now_s, jitter=jitter)
            if key_is_refused:
                assert breaker.cause is Cause.UNAUTHORISED
                return
            assert breaker.begin_probe(self.now_s) is Probe.EVENT
        breaker.end_event_probe(sign, self.now_s, jitter)
        assert isinstance(breaker.state, Closed) == (sign in {Sign.TAKES, Sign.REFUSES_EVENT})
        if isinstance(breaker.state, Closed):
            self.failed_since_accepted.clear()

    @invariant()
    def a_probe_is_never_farther_than_the_cap(self) -> None:
        state = self.breaker.state
        if isinstance(state, Open):
            assert state.probe_at_s <= self.now_s + CAP_S


TestAnyLife = AnyLife.TestCase
