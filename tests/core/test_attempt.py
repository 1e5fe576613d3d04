"""What follows from an answer: decided without doing it, and nobody pays for another's fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.attempt import Accept, Again, Fail, RetryPolicy, Step, attempted, next_step
from pipeline.core.exchange import Answer, Exchange, NoAnswer, NoAnswerKind
from pipeline.core.outcome import Attempts, Reason
from pipeline.core.retry import Backoff
from pipeline.core.verdict import judge

POLICY = RetryPolicy(Backoff(1.0, 60.0), max_attempts=3)
LOST = NoAnswer(NoAnswerKind.CONNECTION_LOST, "the connection was lost", bytes_written=True)
REFUSED = NoAnswer(NoAnswerKind.CONNECTION_REFUSED, "the connection was refused", bytes_written=False)


def follow(exchanges: list[Exchange], accepted: list[int] | None = None) -> tuple[Step, Attempts]:
    """Take the exchanges one after the other; `accepted` counts the destination's at each."""
    attempts: Attempts | None = None
    step: Step = Accept()
    for number, exchange in enumerate(exchanges):
        count = accepted[number] if accepted else 0
        made = attempted(attempts, exchange, sent_at_ms=number, latency_ms=1.0, accepted=count)
        step, attempts = next_step(
            judge(exchange), exchange, made, policy=POLICY, accepted=count, now_ms=0, jitter=0.5
        )
    assert attempts is not None
    return step, attempts


def test_a_2xx_is_the_end() -> None:
    step, attempts = follow([Answer(204)])

    assert step == Accept()
    assert (attempts.count, attempts.status, attempts.is_doubtful) == (1, 204, False)


@pytest.mark.parametrize("status", [400, 302, 501])
def test_a_refusal_is_the_end_too(status: int) -> None:
    step, _ = follow([Answer(status)])

    assert isinstance(step, Fail)
    assert step.reason is Reason.REFUSED
    assert str(status) in step.detail


def test_a_wait_grows_and_is_spread() -> None:
    delays = [
        step.delay_s for count in range(1, 5) if isinstance(step := follow([REFUSED] * count)[0], Again)
    ]

    assert delays == [0.5, 1.0, 2.0, 4.0]


def test_retry_after_is_kept_for_the_whole_destination() -> None:
    assert follow([Answer(429, "7")])[0] == Again(7.0, hold_s=7.0)
    assert follow([Answer(503, "7")])[0] == Again(7.0)


@given(
    st.lists(st.sampled_from([LOST, REFUSED, Answer(500), Answer(503), Answer(408)]), min_size=1, max_size=50)
)
def test_an_outage_is_charged_to_nobody(exchanges: list[Exchange]) -> None:
    step, attempts = follow(exchanges)

    assert isinstance(step, Again)
    assert attempts.charged == 0


def test_an_event_pays_only_while_others_are_accepted() -> None:
    exchanges: list[Exchange] = [Answer(500)] * 5

    step, attempts = follow(exchanges, accepted=[3, 3, 4, 5, 6])

    assert isinstance(step, Fail)
    assert (step.reason, attempts.charged, attempts.count) == (Reason.RETRIES_EXHAUSTED, 3, 5)


def test_a_throttled_event_never_pays() -> None:
    step, attempts = follow([Answer(429)] * 20, accepted=list(range(20)))

    assert isinstance(step, Again)
    assert attempts.charged == 0


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_holds_and_a_wrong_event_fails(status: int) -> None:
    """Refused while others are accepted: the event's own fault."""
    held, _ = follow([Answer(status)] * 9)
    failed, _ = follow([Answer(status)] * 2, accepted=[0, 1])

    assert isinstance(held, Again)
    assert held.hold_s == held.delay_s > 0
    assert failed == Fail(Reason.REFUSED, failed.detail if isinstance(failed, Fail) else "")


@given(
    st.lists(st.sampled_from([LOST, REFUSED, Answer(500), Answer(503), Answer(502)]), min_size=1, max_size=9)
)
def test_doubt_comes_from_an_earlier_attempt_only(exchanges: list[Exchange]) -> None:
    doubtful = [exchange in (LOST, Answer(500), Answer(502)) for exchange in exchanges]

    _, attempts = follow(exchanges)

    assert attempts.is_doubtful == any(doubtful[:-1])
    assert attempts.may_have_arrived == any(doubtful)
    assert (attempts.first_at_ms, attempts.last_at_ms) == (0, len(exchanges) - 1)
