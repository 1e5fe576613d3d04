"""Stage deliver: when so much goes wrong that going on would only fill the dead-letter topic.

A destination that refuses everything, or a mapping that rejects everything, is a mistake for a person to
mend. What cannot be read is not counted: a broken producer must not stop everyone.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, assert_never

from pipeline.core.outcome import Delivered, Expired, Failed, Filtered, Lost, Outcome, Rejected, Stage


@dataclass(frozen=True, slots=True)
class BrakePolicy:
    """Too much is `share` of the last `of` outcomes that count, or `in_a_row` without one that is good."""

    share: float = 0.9
    of: int = 1000
    in_a_row: int = 500


DEFAULT_BRAKE: Final = BrakePolicy()


class Tally:
    """The last outcomes, good and bad."""

    __slots__ = ("_bad", "_in_a_row", "_last", "_policy")

    def __init__(self, policy: BrakePolicy) -> None:
        self._policy = policy
        self._last: deque[bool] = deque()
        self._bad = 0
        self._in_a_row = 0

    def count(self, *, is_bad: bool) -> str:
        """Take one more in; answers why it is too much, empty while it is not."""
        last = self._last
        last.append(is_bad)
        if len(last) > self._policy.of:
            self._bad -= last.popleft()
        if not is_bad:
            self._in_a_row = 0
            return ""
        self._bad += 1
        self._in_a_row += 1
        if self._in_a_row >= self._policy.in_a_row:
            return f"{self._in_a_row} in a row"
        if len(last) == self._policy.of and self._bad >= self._policy.share * self._policy.of:
            return f"{self._bad} of the last {self._policy.of}"
        return ""


def counts_as_bad(outcome: Outcome) -> bool | None:
    """Whether an outcome speaks for the brake; None if it says nothing either way."""
    match outcome:
        case Delivered():
            return False
        case Failed():
            return True
        case Rejected(stage):
            return None if stage is Stage.DECODE else True
        case Filtered() | Expired() | Lost():
            return None
        case _:
            assert_never(outcome)
