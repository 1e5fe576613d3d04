"""Stage deliver: whether the destination as a whole takes requests, or is probed with one at a time.

Closed, everything may go. Open, nothing goes until the probe's time. Half-open, one probe is under way:
where the key was refused, first a question about the key, then one event.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from pipeline.core.attempt import Sign
from pipeline.core.retry import Backoff, backoff_s

DISTINCT_FAILURES: Final = 5
"""So many different events must fail, with none accepted among them, before the destination is at fault."""


class Cause(StrEnum):
    """Why the breaker is open."""

    FAILING = "failing"
    UNAUTHORISED = "unauthorised"


class Probe(StrEnum):
    """What may be sent while the breaker is not closed."""

    KEY = "key"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Closed:
    """The destination takes requests; `failed` are the events that failed since one was accepted."""

    failed: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class Open:
    """Nothing is sent before `probe_at_s`, and then what is to be probed with next."""

    cause: Cause
    probe_at_s: float
    next_probe: Probe


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """One probe is under way."""

    cause: Cause
    probe: Probe


State = Closed | Open | HalfOpen

_CLOSED: Final = Closed()


class Breaker:
    """The state and the back-off of the probes, which only an accepted event resets.

    `jitter` lies in [0, 1): a wait is between half of the back-off's ceiling and all of it.
    """

    __slots__ = ("_backoff", "refused_probes", "state")

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self.state: State = _CLOSED
        self.refused_probes = 0

    @property
    def cause(self) -> Cause | None:
        """Why it is not closed; None while it is."""
        return None if isinstance(self.state, Closed) else self.state.cause

    def hear(self, sign: Sign, event: Hashable, now_s: float, jitter: float) -> None:
        """A request of `event` that is no probe has ended. Only a closed breaker minds.

        What was under way when it opened proves nothing: a revoked key was still good when it was sent.
        """
        state = self.state
        if not isinstance(state, Closed):
            return
        if sign is Sign.TAKES:
            self.hear_taken()
        elif sign is Sign.KNOWS_NO_KEY:
            self._open(Cause.UNAUTHORISED, now_s, jitter)
        elif sign is Sign.FAILS:
            failed = state.failed | {event}
            if len(failed) >= DISTINCT_FAILURES:
                self._open(Cause.FAILING, now_s, jitter)
            else:
                self.state = Closed(failed)

    def hear_taken(self) -> None:
        """Requests that are no probes were accepted. Only a closed breaker minds."""
        if isinstance(self.state, Closed):
            self.refused_probes = 0
            self.state = _CLOSED

    def begin_probe(self, now_s: float) -> Probe | None:
        """What may be probed with now, if anything; it is then under way."""
        state = self.state
        if not isinstance(state, Open) or now_s < state.probe_at_s:
            return None
        self.state = HalfOpen(state.cause, state.next_probe)
        return state.next_probe

    def end_key_probe(self, *, is_refused: bool, now_s: float, jitter: float) -> None:
        """The question about the key was answered: an event may follow it at once, or nothing."""
        if is_refused:
            self._reopen(Cause.UNAUTHORISED, now_s, jitter)
        else:
            self.state = Open(Cause.UNAUTHORISED, now_s, Probe.EVENT)

    def end_event_probe(self, sign: Sign, now_s: float, jitter: float) -> None:
        """The event that went as a probe has its answer; refused for good, it shows the destination alive."""
        match sign:
            case Sign.TAKES:
                self.refused_probes = 0
                self.state = _CLOSED
            case Sign.REFUSES_EVENT:
                self.state = _CLOSED
            case Sign.KNOWS_NO_KEY:
                self._reopen(Cause.UNAUTHORISED, now_s, jitter)
            case Sign.FAILS:
                self._reopen(Cause.FAILING, now_s, jitter)
            case Sign.THROTTLES | Sign.NOTHING:
                self._reopen(self.cause or Cause.FAILING, now_s, jitter)
            case _:
                assert_never(sign)

    def give_up_probe(self, now_s: float) -> None:
        """The probe was not sent after all: the next one may go at once."""
        if isinstance(self.state, HalfOpen):
            self.state = Open(self.state.cause, now_s, self.state.probe)

    def _reopen(self, cause: Cause, now_s: float, jitter: float) -> None:
        self.refused_probes += 1
        self._open(cause, now_s, jitter)

    def _open(self, cause: Cause, now_s: float, jitter: float) -> None:
        wait_s = backoff_s(self.refused_probes + 1, self._backoff, 0.5 + jitter / 2)
        next_probe = Probe.KEY if cause is Cause.UNAUTHORISED else Probe.EVENT
        self.state = Open(cause, now_s + wait_s, next_probe)
