"""Several workers under one parent: what happens when one of them ends, and what the parent's end tells."""

import signal
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pipeline.core.exit_code import ExitCode

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
STEADY_S: Final = 60.0
"""Who has worked so long does not end by what ended it before: the pauses begin anew."""

_KILLED: Final = 128
_HIGHEST_EXPONENT: Final = 60


@dataclass(frozen=True, slots=True)
class StartAgain:
    """The worker is started again after a pause; so many ends have come `in_a_row`."""

    pause_s: float
    in_a_row: int


@dataclass(frozen=True, slots=True)
class EndAll:
    """A person is needed: every worker is told to stop."""


def after_end(code: int, lived_s: float, in_a_row: int) -> StartAgain | EndAll:
    """What follows when a worker has ended that nobody told to.

    `code` is its exit code, or minus the number of the signal that ended it; `in_a_row` counts the
    ends before this one.
    """
    if code == ExitCode.USAGE:
        return EndAll()
    count = 1 if lived_s >= STEADY_S else in_a_row + 1
    return StartAgain(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(count - 1, _HIGHEST_EXPONENT)), count)


def parents_code(codes: Iterable[int]) -> int:
    """What the parent ends with after a stop: the worst that a worker ended with, as a shell tells it.

    A worker that SIGTERM ended had not yet begun. A mistake that needs a person outranks the rest.
    """
    told = {_as_a_shell_tells(code) for code in codes}
    return int(ExitCode.USAGE) if ExitCode.USAGE in told else max(told, default=int(ExitCode.FINE))


def told_end(code: int) -> str:
    """How a worker ended, in a few words."""
    if code >= 0:
        return f"it ended with code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    reason = ", perhaps because memory ran out" if -code == signal.SIGKILL else ""
    return f"{name} ended it{reason}"


def _as_a_shell_tells(code: int) -> int:
    if code == -signal.SIGTERM:
        return ExitCode.FINE
    return code if code >= 0 else _KILLED - code
