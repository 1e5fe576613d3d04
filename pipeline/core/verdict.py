"""Stage deliver: what an exchange means for the event that was sent.

An ordered table decides, the first match wins. What the table does not name has no meaning
in HTTP that we know, and counts as a fault of the other side: transient.
"""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final, assert_never

from pipeline.core.exchange import Answer, Exchange, NoAnswer


@dataclass(frozen=True, slots=True)
class Accepted:
    """The event is delivered."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The event will never be taken: it fails, without a retry."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """The destination asks for fewer requests; `retry_after` is its header as received."""

    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Transient:
    """Worth another attempt; `retry_after` is the header as received."""

    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Unauthorised:
    """The credentials are not taken: the fault is not the event's."""


Verdict = Accepted | Refused | Throttled | Transient | Unauthorised


class VerdictKind(StrEnum):
    """The verdicts as a rule names them."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    THROTTLED = "throttled"
    TRANSIENT = "transient"
    UNAUTHORISED = "unauthorised"


@dataclass(frozen=True, slots=True)
class StatusRange:
    """HTTP statuses from `first` to `last`, both included."""

    first: int
    last: int

    def __contains__(self, status: int) -> bool:
        return self.first <= status <= self.last


@dataclass(frozen=True, slots=True)
class Rule:
    """A complete answer whose status lies in one of `statuses` gets `verdict`."""

    statuses: tuple[StatusRange, ...]
    verdict: VerdictKind

    def matches(self, answer: Answer) -> bool:
        """Whether this rule decides on the answer."""
        return any(answer.status in statuses for statuses in self.statuses)


def rule(verdict: VerdictKind, *statuses: int | tuple[int, int]) -> Rule:
    """A rule from single statuses and (first, last) pairs."""
    ranges = (StatusRange(*item) if isinstance(item, tuple) else StatusRange(item, item) for item in statuses)
    return Rule(tuple(ranges), verdict)


DEFAULT_RULES: Final = (
    rule(VerdictKind.ACCEPTED, (200, 299)),
    rule(VerdictKind.UNAUTHORISED, 401, 403),
    rule(VerdictKind.THROTTLED, 429),
    rule(VerdictKind.TRANSIENT, 408, 423),
    rule(VerdictKind.REFUSED, (300, 499), 501),
    rule(VerdictKind.TRANSIENT, (500, 599)),
)
"""The reference's classification (reference: 5.4), with redirects not followed."""

_MAY_HAVE_ARRIVED: Final = frozenset({500, 502, 504})


def judge(exchange: Exchange, rules: tuple[Rule, ...] = DEFAULT_RULES) -> Verdict:
    """The verdict on one exchange; no answer is always transient."""
    match exchange:
        case NoAnswer():
            return Transient()
        case Answer():
            return _verdict(_kind(exchange, rules), exchange.retry_after)
        case _:
            assert_never(exchange)


def _kind(answer: Answer, rules: tuple[Rule, ...]) -> VerdictKind:
    return next((rule.verdict for rule in rules if rule.matches(answer)), VerdictKind.TRANSIENT)


def _verdict(kind: VerdictKind, retry_after: str | None) -> Verdict:
    match kind:
        case VerdictKind.ACCEPTED:
            return Accepted()
        case VerdictKind.REFUSED:
            return Refused()
        case VerdictKind.THROTTLED:
            return Throttled(retry_after)
        case VerdictKind.TRANSIENT:
            return Transient(retry_after)
        case VerdictKind.UNAUTHORISED:
            return Unauthorised()
        case _:
            assert_never(kind)


def may_have_arrived(exchange: Exchange) -> bool:
    """Whether Kameleoon may have taken an event whose exchange was no success.

    True makes a later attempt a possible duplicate: bytes were written and no complete
    answer came, or something in between answered for a server that it could not hear.
    """
    match exchange:
        case NoAnswer():
            return exchange.bytes_written
        case Answer():
            return exchange.status in _MAY_HAVE_ARRIVED
        case _:
            assert_never(exchange)


def describe(exchange: Exchange) -> str:
    """The exchange in a few words that are safe to publish: never a part of a body."""
    match exchange:
        case NoAnswer():
            return exchange.detail
        case Answer():
            return _status_text(exchange.status)
        case _:
            assert_never(exchange)


def _status_text(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
