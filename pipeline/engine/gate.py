"""The one place that says whether a request may start now.

It asks the brake, the lease, the concurrency, the destination's Retry-After, the rate and the breaker.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, assert_never

import structlog

from pipeline.core.attempt import Sign
from pipeline.core.breaker import Breaker, Cause, Closed, HalfOpen, Open, Probe
from pipeline.core.concurrency import Bounds, Concurrency
from pipeline.core.exchange import Exchange
from pipeline.core.metrics import (
    BREAKER_OPEN,
    BREAKER_OPENED,
    CONCURRENCY_LIMIT,
    HELD_SECONDS,
    PROBES,
    RATE_LIMIT,
    REQUESTS_UNDER_WAY,
)
from pipeline.core.rate import Rate
from pipeline.core.retry import Backoff
from pipeline.core.value import value_class
from pipeline.core.verdict import Unauthorised, Verdict, describe_no
from pipeline.engine.braking import Braking
from pipeline.engine.lease import Lease
from pipeline.engine.meter import Meter
from pipeline.engine.once_a_minute import OnceAMinute
from pipeline.engine.outage_log import OutageLog
from pipeline.ports import Clock, Timer

log = structlog.get_logger("pipeline.deliver")

_TELLS_SPEED: Final = frozenset({Sign.TAKES, Sign.FAILS})

LEASE_LOOK_S: Final = 0.1
"""While the lease is not held: how soon to look again. It is renewed each second."""


class Pass(Enum):
    """As what a request may start."""

    FREE = auto()
    PROBE = auto()


@value_class
class Ended:
    """An exchange that has ended, which event it was of, and what it says of the destination.

    `started_s` and `ended_s` are monotonic; `hold_s` is how long the destination asks to be left alone.
    """

    sign: Sign
    event: Hashable
    exchange: Exchange
    started_s: float
    ended_s: float
    hold_s: float = 0.0


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """How many requests may be under way, and how often a destination that takes nothing is probed."""

    concurrency: Bounds
    probes: Backoff


class Gate:
    """Lets requests start, and learns from how they end.

    Each pass is to be given back with `leave`. `on_change` is called when a pass that was refused may
    be had. `jitter` gives numbers in [0, 1).
    """

    def __init__(
        self,
        policy: GatePolicy,
        clock: Clock,
        jitter: Callable[[], float],
        lease: Lease,
        braking: Braking,
        meter: Meter,
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._lease = lease
        self._braking = braking
        self._meter = meter
        self._breaker = Breaker(policy.probes)
        self._bounds = policy.concurrency
        self._concurrency = Concurrency(policy.concurrency)
        self._under_way = 0
        self._rate = Rate()
        self._log = OutageLog(clock)
        self._throttled = OnceAMinute()
        self._slowed = OnceAMinute()
        self._hold_until_s = 0.0
        self._timer: Timer | None = None
        self._timer_at_s = 0.0
        self.on_change: Callable[[], None] = lambda: None
        meter.watch(BREAKER_OPEN, self._tell_breaker)
        meter.watch(REQUESTS_UNDER_WAY, lambda: {(): self._under_way})
        meter.watch(CONCURRENCY_LIMIT, lambda: {(): self._concurrency.limit})
        meter.watch(RATE_LIMIT, self._tell_rate)
        meter.watch(HELD_SECONDS, lambda: {(): max(0.0, self._hold_until_s - clock.monotonic_s())})

    @property
    def breaker(self) -> Cause | None:
        """Why the destination is probed with one request at a time; None while it is not."""
        return self._breaker.cause

    def enter(self) -> Pass | None:
        """A pass for one request that starts at once; None if none may start now."""
        if self._braking.is_on or self._under_way >= self._concurrency.limit:
            return None
        now_s = self._clock.monotonic_s()
        again_at_s = self._again_at_s(now_s)
        if again_at_s > now_s:
            self._look_again_at(again_at_s)
            return None
        match self._breaker.state:
            case Closed():
                self._rate.start(now_s)
                self._under_way += 1
                return Pass.FREE
            case Open():
                self._breaker.begin_probe(now_s)
                self._under_way += 1
                return Pass.PROBE
            case HalfOpen():
                return None

    def enter_beside(self, wanted: int) -> int:
        """So many more passes beside a free one just given; 0 where the rate has a say in each.

        Nearly always nothing but the concurrency bounds them.
        """
        if self._rate.is_limited:
            return 0
        passes = min(wanted, self._concurrency.limit - self._under_way)
        self._under_way += passes
        return passes

    def _again_at_s(self, now_s: float) -> float:
        """When a pass may be had; now or earlier: at once, as far as time decides it."""
        if not self._lease.is_held(now_s):
            return now_s + LEASE_LOOK_S
        state = self._breaker.state
        if isinstance(state, Open):
            return max(self._hold_until_s, state.probe_at_s)
        return max(self._hold_until_s, self._rate.next_s)

    @property
    def is_lease_held(self) -> bool:
        """Whether the lease allows a request to start now."""
        return self._lease.is_held(self._clock.monotonic_s())

    @property
    def is_held(self) -> bool:
        """Whether nothing may be sent now: for the brake, the lease, or because the destination asked so."""
        now_s = self._clock.monotonic_s()
        return self._braking.is_on or not self._lease.is_held(now_s) or self._hold_until_s > now_s

    @property
    def must_ask_for_key(self) -> bool:
        """Whether the probe that has just begun is to ask for the key before it sends its event."""
        state = self._breaker.state
        return isinstance(state, HalfOpen) and state.probe is Probe.KEY

    def hear_of_key(self, verdict: Verdict, answer: str) -> None:
        """What came of asking for the key. If it was not refused, an event has to show whether it is good."""
        is_refused = isinstance(verdict, Unauthorised)
        self._meter.add(PROBES, 1, Probe.KEY, "refused" if is_refused else "taken")
        if is_refused:
            self._log.fail(answer, Cause.UNAUTHORISED)
        now_s = self._clock.monotonic_s()
        self._breaker.end_key_probe(is_refused=is_refused, now_s=now_s, jitter=self._jitter())

    def hear_taken(self, started_s: Sequence[float], now_s: float) -> None:
        """The exchanges of free passes that started then have ended now, and each was taken.

        Nearly all are: nothing can open by them, and nothing is to be said.
        """
        if not started_s:
            return
        self._rate.accept(now_s, len(started_s))
        for each_s in started_s:
            self._hear_pace(each_s, now_s, is_failed=False)
        self._breaker.hear_taken()
        self._log.end()

    def hear(self, entry: Pass, ended: Ended) -> None:
        """The exchange of a pass has ended."""
        breaker, now_s = self._breaker, ended.ended_s
        if ended.sign is Sign.TAKES:
            self._rate.accept(now_s)
        elif ended.sign is Sign.THROTTLES:
            self._throttle(ended, now_s)
        cause_before = breaker.cause
        if entry is Pass.PROBE:
            breaker.end_event_probe(ended.sign, now_s, self._jitter())
            self._meter.add(PROBES, 1, Probe.EVENT, "refused" if breaker.cause else "taken")
            self._concurrency.restart(now_s)
        else:
            self._pace(ended, now_s)
            breaker.hear(ended.sign, ended.event, now_s, self._jitter())
        if breaker.cause is not None and cause_before is None:
            self._meter.add(BREAKER_OPENED, 1, breaker.cause)
        self._say(ended, breaker.cause)

    def leave(self, passes: int = 1) -> None:
        """So many passes are given back, whatever they were used for."""
        self._under_way -= passes

    def give_up(self, entry: Pass) -> None:
        """What had this pass was not sent: another may go in its place at once."""
        now_s = self._clock.monotonic_s()
        match entry:
            case Pass.PROBE:
                self._breaker.give_up_probe(now_s)
            case Pass.FREE:
                self._rate.spare(now_s)
            case _:
                assert_never(entry)

    def _pace(self, ended: Ended, now_s: float) -> None:
        """How long it took, or that it failed, decides how many may be under way."""
        if ended.sign in _TELLS_SPEED:
            self._hear_pace(ended.started_s, now_s, is_failed=ended.sign is Sign.FAILS)

    def _hear_pace(self, started_s: float, now_s: float, *, is_failed: bool) -> None:
        before = self._concurrency.limit
        self._concurrency.hear(started_s, now_s, is_failed=is_failed)
        limit = self._concurrency.limit
        if limit < before and limit <= self._bounds.most // 2 and self._slowed.due(now_s):
            log.info("Kameleoon answers slowly or fails: fewer requests at a time", limit=limit)

    def _throttle(self, ended: Ended, now_s: float) -> None:
        self._rate.throttle(ended.started_s, now_s, ended.hold_s)
        self._hold_until_s = max(self._hold_until_s, now_s + ended.hold_s)
        if answers := self._throttled.due(now_s):
            log.warning(
                "Kameleoon asks for fewer requests",
                answers=answers,
                per_second=round(self._rate.per_s(now_s) or 0.0, 1),
                hold_s=round(ended.hold_s, 1),
            )

    def _say(self, ended: Ended, cause: Cause | None) -> None:
        match ended.sign:
            case Sign.TAKES:
                self._log.end()
            case Sign.FAILS | Sign.KNOWS_NO_KEY | Sign.THROTTLES:
                self._log.fail(describe_no(ended.exchange), cause)
            case Sign.NOTHING | Sign.REFUSES_EVENT:
                pass

    def _look_again_at(self, at_s: float) -> None:
        """Call `on_change` then; one timer, for the earliest moment asked for, is enough."""
        if self._timer is not None:
            if self._timer_at_s <= at_s:
                return
            self._timer.cancel()
        self._timer_at_s = at_s
        self._timer = self._clock.call_later(at_s - self._clock.monotonic_s(), self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        self.on_change()

    def _tell_breaker(self) -> dict[tuple[str, ...], float]:
        return {(cause,): float(self._breaker.cause is cause) for cause in Cause}

    def _tell_rate(self) -> dict[tuple[str, ...], float]:
        limit_per_s = self._rate.per_s(self._clock.monotonic_s())
        return {} if limit_per_s is None else {(): limit_per_s}
