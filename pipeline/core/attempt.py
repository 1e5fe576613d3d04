"""Stage deliver: what follows from an answer, decided without doing it.

Blame (design, section 4): a request is charged with an attempt, or failed after a 401 or 403, only
if another was accepted since its first refusal. Otherwise the destination is at fault and waits.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from pipeline.core.exchange import Answer, Exchange
from pipeline.core.outcome import Attempts, Reason
from pipeline.core.retry import Backoff, backoff_s, retry_after_s
from pipeline.core.verdict import (
    Accepted,
    Refused,
    Throttled,
    Transient,
    Unauthorised,
    Verdict,
    describe,
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


def attempted(
    before: Attempts | None, exchange: Exchange, *, sent_at_ms: int, latency_ms: float, accepted: int
) -> Attempts:
    """The attempts including the one that just ended; `accepted` counts the destination's so far."""
    status = exchange.status if isinstance(exchange, Answer) else None
    arrived = may_have_arrived(exchange)
    if before is None:
        return Attempts(
            count=1,
            charged=0,
            status=status,
            latency_ms=latency_ms,
            first_at_ms=sent_at_ms,
            last_at_ms=sent_at_ms,
            accepted_before=accepted,
            is_doubtful=False,
            may_have_arrived=arrived,
        )
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
    accepted: int,
    now_ms: int,
    jitter: float,
) -> tuple[Step, Attempts]:
    """What follows from a verdict, and the attempts with the charge, if there is one."""
    is_to_blame = accepted > attempts.accepted_before
    match verdict:
        case Accepted():
            return Accept(), attempts
        case Refused():
            return Fail(Reason.REFUSED, describe(exchange)), attempts
        case Throttled(retry_after):
            delay_s = _delay_s(retry_after, attempts, policy, now_ms, jitter)
            return Again(delay_s, hold_s=delay_s), attempts
        case Unauthorised():
            if is_to_blame:
                return Fail(Reason.REFUSED, describe(exchange)), attempts
            delay_s = backoff_s(attempts.count, policy.backoff, jitter)
            return Again(delay_s, hold_s=delay_s), attempts
        case Transient(retry_after):
            charged = replace(attempts, charged=attempts.charged + is_to_blame)
            if charged.charged >= policy.max_attempts:
                return Fail(Reason.RETRIES_EXHAUSTED, _exhausted(charged, exchange)), charged
            return Again(_delay_s(retry_after, charged, policy, now_ms, jitter)), charged
        case _:
            assert_never(verdict)


def _delay_s(
    retry_after: str | None, attempts: Attempts, policy: RetryPolicy, now_ms: int, jitter: float
) -> float:
    asked_s = None if retry_after is None else retry_after_s(retry_after, now_ms)
    return backoff_s(attempts.count, policy.backoff, jitter) if asked_s is None else asked_s


def _exhausted(attempts: Attempts, exchange: Exchange) -> str:
    counts = f"{attempts.count} attempts, {attempts.charged} of them charged"
    return f"given up after {counts}; last: {describe(exchange)}"
