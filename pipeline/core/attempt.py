"""Stage deliver: what follows from an answer, decided without doing it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Final, assert_never

from pipeline.core.blame import Blame
from pipeline.core.exchange import Answer, Exchange
from pipeline.core.outcome import Attempts, Reason
from pipeline.core.retry import Backoff, backoff_s, retry_after_s
from pipeline.core.value import value_class
from pipeline.core.verdict import (
    Accepted,
    Refused,
    Throttled,
    Transient,
    Unauthorised,
    Verdict,
    describe_no,
    may_have_arrived,
)


@dataclass(frozen=True, slots=True)
class Accept:
    """Delivered."""


@dataclass(frozen=True, slots=True)
class Fail:
    """Never to be sent again as it is; an array of several is halved first."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Again:
    """Send it once more after `delay_s`; nothing at all is sent for `hold_s`."""

    delay_s: float
    hold_s: float = 0.0


Step = Accept | Fail | Again


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounds of retrying: the back-off and how many charged attempts an event has."""

    backoff: Backoff
    max_attempts: int


_ACCEPT: Final = Accept()

WHOLE_ATTEMPTS: Final = 3
"""After so many failures of an array its events are to be told apart."""


class Sign(StrEnum):
    """What the end of an exchange says of the destination."""

    TAKES = "takes"
    REFUSES_EVENT = "refuses event"
    FAILS = "fails"
    KNOWS_NO_KEY = "knows no key"
    THROTTLES = "throttles"
    NOTHING = "nothing"
    """The fault is the event's own: others are taken."""


@value_class
class Consequence:
    """What follows for the request, its attempts with the charge, and what it says of the destination."""

    step: Step
    attempts: Attempts
    sign: Sign

    @property
    def hold_s(self) -> float:
        """How long the destination asks to be left alone."""
        return self.step.hold_s if isinstance(self.step, Again) else 0.0

    @property
    def is_to_be_halved(self) -> bool:
        """Whether an array that is to be sent again goes in halves: one of its events may be what fails.

        Not after a 429, which more requests would make worse.
        """
        is_throttled = self.sign is Sign.THROTTLES
        return isinstance(self.step, Again) and not is_throttled and self.attempts.count >= WHOLE_ATTEMPTS


def attempted(before: Attempts | None, exchange: Exchange, *, sent_at_ms: int, latency_ms: float) -> Attempts:
    """The attempts including the one that just ended."""
    status = exchange.status if isinstance(exchange, Answer) else None
    arrived = may_have_arrived(exchange)
    if before is None:
        is_doubtful = False
        return Attempts(1, 0, status, latency_ms, sent_at_ms, sent_at_ms, is_doubtful, arrived)
    return replace(
        before,
        count=before.count + 1,
        status=status,
        latency_ms=latency_ms,
        last_at_ms=sent_at_ms,
        is_doubtful=before.may_have_arrived,
        may_have_arrived=before.may_have_arrived or arrived,
    )


def next_step(
    verdict: Verdict,
    exchange: Exchange,
    attempts: Attempts,
    *,
    policy: RetryPolicy,
    blame: Blame,
    now_ms: int,
    jitter: float,
) -> Consequence:
    """What follows from a verdict; `attempts` include the exchange, `blame` knows all requests."""
    match verdict:
        case Accepted():
            return Consequence(_ACCEPT, attempts, Sign.TAKES)
        case Refused():
            return Consequence(Fail(_refusal(exchange), describe_no(exchange)), attempts, Sign.REFUSES_EVENT)
        case Throttled(retry_after):
            delay_s = _delay_s(retry_after, attempts, policy, now_ms, jitter)
            return _throttled(retry_after_s(retry_after, now_ms) or 0.0, delay_s, attempts, blame)
        case Unauthorised():
            delay_s = backoff_s(attempts.count, policy.backoff, jitter)
            charged = _charged(attempts, blame)
            if charged.charged == attempts.charged:
                return Consequence(Again(delay_s), charged, Sign.KNOWS_NO_KEY)
            return _to_blame(charged, exchange, policy, Reason.REFUSED, delay_s)
        case Transient(retry_after):
            delay_s = _delay_s(retry_after, attempts, policy, now_ms, jitter)
            charged = _charged(attempts, blame)
            if charged.charged == attempts.charged:
                return Consequence(Again(delay_s), charged, Sign.FAILS)
            return _to_blame(charged, exchange, policy, Reason.RETRIES_EXHAUSTED, delay_s)
        case _:
            assert_never(verdict)


def _refusal(exchange: Exchange) -> Reason:
    """413 is about this body. 414 and 431 are about address and headers, which all events share."""
    is_too_large = isinstance(exchange, Answer) and exchange.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return Reason.REQUEST_TOO_LARGE if is_too_large else Reason.REFUSED


def _throttled(hold_s: float, delay_s: float, attempts: Attempts, blame: Blame) -> Consequence:
    """A 429 is never charged. One more for the same event, others accepted since, is its own matter."""
    refused_at = None if attempts.refused_at is None else blame.started
    after = replace(attempts, refused_at=refused_at, throttled_at=blame.started)
    if blame.falls_on(attempts.throttled_at):
        return Consequence(Again(delay_s), after, Sign.NOTHING)
    return Consequence(Again(delay_s, hold_s), after, Sign.THROTTLES)


def _charged(attempts: Attempts, blame: Blame) -> Attempts:
    """The attempts after a refusal, one more charged where the event is to blame."""
    charged = attempts.charged + blame.falls_on(attempts.refused_at)
    return replace(attempts, charged=charged, refused_at=blame.started)


def _to_blame(
    attempts: Attempts, exchange: Exchange, policy: RetryPolicy, reason: Reason, delay_s: float
) -> Consequence:
    if attempts.charged < policy.max_attempts:
        return Consequence(Again(delay_s), attempts, Sign.NOTHING)
    counts = f"{attempts.count} attempts, {attempts.charged} of them charged"
    detail = f"given up after {counts}; last: {describe_no(exchange)}"
    return Consequence(Fail(reason, detail), attempts, Sign.NOTHING)


def _delay_s(
    retry_after: str | None, attempts: Attempts, policy: RetryPolicy, now_ms: int, jitter: float
) -> float:
    """The back-off, or longer where that is asked for: a Retry-After of 0 is no leave to ask without end."""
    asked_s = retry_after_s(retry_after, now_ms) or 0.0
    return max(asked_s, backoff_s(attempts.count, policy.backoff, jitter))
