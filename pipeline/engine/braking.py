"""The brake of a worker: on, it neither sends nor admits, says so each minute, and is remembered.

It goes on when too many outcomes are bad, or when a predecessor left it on under the same configuration.
It goes off with another configuration, or when the operator releases it at the start.
"""

from dataclasses import dataclass

import structlog

from pipeline.core.brake import DEFAULT_BRAKE, Brake, BrakePolicy, Tally
from pipeline.core.metrics import BRAKE_ON
from pipeline.core.outcome import Outcome, Rejected, Stage
from pipeline.engine.meter import Meter
from pipeline.engine.once_a_minute import INTERVAL_S, OnceAMinute
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.brake")


@dataclass(frozen=True, slots=True)
class BrakeSettings:
    """`policy` is None where the brake is switched off; `digest` names what is sent, where and how.

    `is_released` leaves off what a predecessor put on.
    """

    policy: BrakePolicy | None
    digest: str
    is_released: bool = False


class Braking:
    """Whether the brake is on; `told` is what commits say of it."""

    __slots__ = (
        "_brake",
        "_clock",
        "_is_off_said",
        "_settings",
        "_unreadable",
        "_unreadable_said",
        "_why",
        "is_on",
    )

    def __init__(self, settings: BrakeSettings, clock: Clock, meter: Meter) -> None:
        self._settings = settings
        self._clock = clock
        self._brake = None if settings.policy is None else Brake(settings.policy)
        self._unreadable = Tally(settings.policy or DEFAULT_BRAKE)
        self._unreadable_said = OnceAMinute()
        self._why = ""
        self._is_off_said = False
        self.is_on = False
        meter.watch(BRAKE_ON, lambda: {(): float(self.is_on)})

    @property
    def told(self) -> str | None:
        """The configuration under which it is on, None while it is off."""
        return self._settings.digest if self.is_on else None

    def note_made(self) -> None:
        """A mapping made a request of an event; its end is still to come."""
        if self._brake is not None:
            self._brake.note_made()

    def count(self, outcome: Outcome) -> None:
        """One more part of an event has its end."""
        if not isinstance(outcome, Rejected) or outcome.stage is not Stage.DECODE:
            self._unreadable.count_good()
        elif too_many := self._unreadable.count(is_bad=True):
            self._warn(too_many)
        if self._brake is None:
            return
        too_many = self._brake.count(outcome)
        if too_many and not self.is_on:
            self._put_on(too_many)

    def meet(self, left_on: str | None) -> None:
        """A partition is taken over whose last commit said this of the brake."""
        if left_on is None or self.is_on or self._settings.policy is None:
            return
        if not self._settings.is_released and left_on == self._settings.digest:
            self._put_on("it was on when the partition was given back, and the configuration is the same")
        elif not self._is_off_said:
            self._is_off_said = True
            self._say_off()

    def _say_off(self) -> None:
        """Once: every partition's commit tells of the same brake."""
        if self._settings.is_released:
            log.info("the brake is released")
        else:
            log.info("the brake is off: the configuration is another one")

    def _put_on(self, why: str) -> None:
        self.is_on = True
        self._why = why
        self._say()

    def _say(self) -> None:
        log.error(
            "the brake is on: nothing is sent",
            detail=self._why,
            mend="mend the cause, then change the configuration or start with --release-brake",
        )
        self._clock.call_later(INTERVAL_S, self._say)

    def _warn(self, too_many: str) -> None:
        if self._unreadable_said.due(self._clock.monotonic_s()):
            log.warning("most records cannot be read", detail=f"rejected at decode: {too_many}")
