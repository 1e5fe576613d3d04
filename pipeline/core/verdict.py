"""Stage deliver: what an exchange means for the event that was sent."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, assert_never

from pipeline.core.exchange import Answer, Exchange, NoAnswer
from pipeline.core.verdict_rules import ALL_STATUSES, DEFAULT_RULES, Rule, VerdictKind


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


_MAY_HAVE_ARRIVED: Final = frozenset({500, 502, 504})
_SUCCESSES: Final = range(200, 300)
_BRING_RETRY_AFTER: Final = frozenset({VerdictKind.THROTTLED, VerdictKind.TRANSIENT})


def judge(exchange: Exchange, rules: tuple[Rule, ...] = DEFAULT_RULES) -> Verdict:
    """The verdict on one exchange; no answer is always transient."""
    match exchange:
        case NoAnswer():
            return Transient()
        case Answer():
            return _verdict(_kind(exchange, rules), exchange.retry_after)
        case _:
            assert_never(exchange)


class VerdictTable:
    """The rules made quick: where the status alone decides, its verdict is looked up."""

    __slots__ = ("_by_status", "_rules")

    def __init__(self, rules: tuple[Rule, ...] = DEFAULT_RULES) -> None:
        self._rules = rules
        found = {status: _by_status_alone(status, rules) for status in ALL_STATUSES}
        self._by_status = {status: verdict for status, verdict in found.items() if verdict is not None}

    def verdict(self, exchange: Exchange) -> Verdict:
        """What `judge` says of the exchange by these rules."""
        if isinstance(exchange, Answer):
            found = self._by_status.get(exchange.status)
            if found is not None:
                return found
        return judge(exchange, self._rules)


def _by_status_alone(status: int, rules: tuple[Rule, ...]) -> Verdict | None:
    """What every answer of this status means; None where its headers or body have a say."""
    asking = (rule for rule in rules if any(status in statuses for statuses in rule.statuses))
    first = next(asking, None)
    if first is None or first.conditions or first.verdict in _BRING_RETRY_AFTER:
        return None
    return _verdict(first.verdict, None)


def _kind(answer: Answer, rules: tuple[Rule, ...]) -> VerdictKind:
    decides = deciding(answer, rules)
    return VerdictKind.TRANSIENT if decides is None else decides.verdict


def deciding(answer: Answer, rules: tuple[Rule, ...] = DEFAULT_RULES) -> Rule | None:
    """The rule that decides on an answer; None where no rule does, which makes it transient."""
    for rule in rules:
        if rule.matches(answer):
            return rule
    return None


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
    """Whether Kameleoon may have taken an event that is sent again after this exchange.

    True makes a later attempt a possible duplicate: bytes were written and no complete
    answer came, or something in between answered for a server that it could not hear, or the
    status was a success and a rule took the answer for a no.
    """
    match exchange:
        case NoAnswer():
            return exchange.bytes_written
        case Answer():
            return exchange.status in _MAY_HAVE_ARRIVED or exchange.status in _SUCCESSES
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


def describe_no(exchange: Exchange) -> str:
    """The same of an exchange that was not accepted: a status that says yes needs a word more."""
    is_success = isinstance(exchange, Answer) and exchange.status in _SUCCESSES
    return describe(exchange) + (", a no by delivery.verdicts" if is_success else "")


def _status_text(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
