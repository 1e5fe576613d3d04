"""What follows from an answer: decided without doing it, and nobody pays for another's fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.attempt import Accept, Again, Consequence, Fail, RetryPolicy, Sign, attempted, next_step
from pipeline.core.blame import Blame
from pipeline.core.exchange import Answer, Exchange, NoAnswer, NoAnswerKind
from pipeline.core.outcome import Reason
from pipeline.core.retry import Backoff
from pipeline.core.verdict import judge

POLICY = RetryPolicy(Backoff(1.0, 60.0), max_attempts=3)
LOST = NoAnswer(NoAnswerKind.CONNECTION_LOST, "the connection was lost", bytes_written=True)
REFUSED = NoAnswer(NoAnswerKind.CONNECTION_REFUSED, "the connection was refused", bytes_written=False)


def follow(exchanges: list[Exchange], *, accepted_between: bool = False, now_ms: int = 0) -> Consequence:
    """Take one request's exchanges one after the other; another is accepted between them, or none."""
    blame, attempts, end = Blame(), None, None
    for number, exchange in enumerate(exchanges):
        if accepted_between:
            blame.accept(blame.start())
        blame.start()
        made = attempted(attempts, exchange, sent_at_ms=number, latency_ms=1.0)
        end = next_step(
            judge(exchange), exchange, made, policy=POLICY, blame=blame, now_ms=now_ms, jitter=0.5
        )
        attempts = end.attempts
    assert end is not None
    return end


def test_a_2xx_is_the_end() -> None:
    end = follow([Answer(204)])
    attempts = end.attempts

    assert (end.step, end.sign) == (Accept(), Sign.TAKES)
    assert (attempts.count, attempts.status, attempts.is_doubtful) == (1, 204, False)


@pytest.mark.parametrize("status", [400, 302, 501])
def test_a_refusal_is_the_end_too(status: int) -> None:
    end = follow([Answer(status)])
    step = end.step

    assert end.sign is Sign.REFUSES_EVENT
    assert isinstance(step, Fail)
    assert step.reason is Reason.REFUSED
    assert str(status) in step.detail


def test_a_wait_grows_and_is_spread() -> None:
    delays = [
        step.delay_s for count in range(1, 5) if isinstance(step := follow([REFUSED] * count).step, Again)
    ]

    assert delays == [0.5, 1.0, 2.0, 4.0]


def test_retry_after_is_kept_for_the_whole_destination() -> None:
    assert follow([Answer(429, "7")]).step == Again(7.0, hold_s=7.0)
    assert follow([Answer(503, "7")]).step == Again(7.0)


@pytest.mark.parametrize("retry_after", ["0", "0.001", "-1", "Sun, 06 Nov 1994 08:49:37 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_that_is_over_already_does_not_shorten_the_back_off(
    status: int, retry_after: str
) -> None:
    ends = [follow([Answer(status, retry_after)] * count, now_ms=784_111_778_000) for count in range(1, 5)]

    assert [end.step.delay_s for end in ends if isinstance(end.step, Again)] == [0.5, 1.0, 2.0, 4.0]


@given(
    st.lists(st.sampled_from([LOST, REFUSED, Answer(500), Answer(503), Answer(408)]), min_size=1, max_size=50)
)
def test_an_outage_is_charged_to_nobody(exchanges: list[Exchange]) -> None:
    end = follow(exchanges)

    assert isinstance(end.step, Again)
    assert end.sign is Sign.FAILS
    assert end.attempts.charged == 0


def test_an_event_pays_only_while_others_are_accepted() -> None:
    """The first refusal is free: nothing tells yet whose fault it is."""
    exchanges: list[Exchange] = [Answer(500)] * 4

    assert isinstance(follow(exchanges[:3], accepted_between=True).step, Again)
    end = follow(exchanges, accepted_between=True)

    assert isinstance(end.step, Fail)
    assert end.sign is Sign.NOTHING
    assert (end.step.reason, end.attempts.charged, end.attempts.count) == (Reason.RETRIES_EXHAUSTED, 3, 4)


def test_a_throttled_event_never_pays() -> None:
    end = follow([Answer(429)] * 20, accepted_between=True)

    assert isinstance(end.step, Again)
    assert end.attempts.charged == 0


def test_a_429_of_an_event_tells_of_the_destination_once_while_others_are_accepted() -> None:
    again: list[Exchange] = [Answer(429, "7")] * 2

    first, other = follow(again[:1], accepted_between=True), follow(again)
    own = follow(again, accepted_between=True)

    assert (first.sign, first.step) == (other.sign, other.step) == (Sign.THROTTLES, Again(7.0, hold_s=7.0))
    assert (own.sign, own.step) == (Sign.NOTHING, Again(7.0))


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_charged_to_nobody_and_a_wrong_event_pays_as_for_a_fault(status: int) -> None:
    held = follow([Answer(status)] * 9)
    tried = follow([Answer(status)] * 3, accepted_between=True)
    failed = follow([Answer(status)] * 4, accepted_between=True)

    assert isinstance(held.step, Again)
    assert (held.sign, held.attempts.charged) == (Sign.KNOWS_NO_KEY, 0)
    assert isinstance(tried.step, Again)
    assert tried.sign is Sign.NOTHING
    assert isinstance(failed.step, Fail)
    assert failed.step.reason is Reason.REFUSED


@given(
    st.lists(st.sampled_from([LOST, REFUSED, Answer(500), Answer(503), Answer(502)]), min_size=1, max_size=9)
)
def test_doubt_comes_from_an_earlier_attempt_only(exchanges: list[Exchange]) -> None:
    doubtful = [exchange in (LOST, Answer(500), Answer(502)) for exchange in exchanges]

    attempts = follow(exchanges).attempts

    assert attempts.is_doubtful == any(doubtful[:-1])
    assert attempts.may_have_arrived == any(doubtful)
    assert (attempts.first_at_ms, attempts.last_at_ms) == (0, len(exchanges) - 1)
