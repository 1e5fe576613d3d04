"""Stage deliver: when so much goes wrong that going on would only fill the dead-letter topic.

A destination that refuses everything, or a mapping that rejects everything, is a mistake for a person to
mend. What cannot be read is not counted: a broken producer must not stop everyone.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, assert_never

from pipeline.core.outcome import (
    Delivered,
    Expired,
    Failed,
    Filtered,
    Lost,
    Outcome,
    Reason,
    Rejected,
    Stage,
)

_MAPPINGS: Final = frozenset({Stage.MAP, Stage.VALIDATE})
"""Where a rejection may be the mapping's mistake; a sender of ever new names shows none."""


@dataclass(frozen=True, slots=True)
class BrakePolicy:
    """Too much is `share` of the last `of` outcomes of one kind, or `in_a_row` without one that is good."""

    share: float = 0.9
    of: int = 1000
    in_a_row: int = 500


DEFAULT_BRAKE: Final = BrakePolicy()


class Tally:
    """The last outcomes, good and bad."""

    __slots__ = ("_bad", "_in_a_row", "_is_full", "_last", "_policy")

    def __init__(self, policy: BrakePolicy) -> None:
        self._policy = policy
        self._last: deque[bool] = deque()
        self._is_full = False
        self._bad = 0
        self._in_a_row = 0

    def count_good(self) -> None:
        """Take a good one in."""
        if not self._is_full or self._bad:  # else one more and one less: the usual case
            self.count(is_bad=False)

    def count(self, *, is_bad: bool) -> str:
        """Take one more in; answers why it is too much, empty while it is not."""
        last = self._last
        last.append(is_bad)
        if len(last) > self._policy.of:
            self._bad -= last.popleft()
            self._is_full = True
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


class Brake:
    """What mappings made of events, and what became of the requests: each is looked at by itself.

    A rejection is known at once, a delivery only when Kameleoon has answered: counted together, the
    rejections among a good half would stand in a row before the first answer.
    """

    __slots__ = ("_answered", "_made")

    def __init__(self, policy: BrakePolicy) -> None:
        self._made = Tally(policy)
        self._answered = Tally(policy)

    def note_made(self) -> None:
        """A mapping made a request of an event."""
        self._made.count_good()

    def count(self, outcome: Outcome) -> str:
        """Take one part's end in; answers why it is too much, empty while it is not."""
        match outcome:
            case Delivered():
                self._answered.count_good()
                return ""
            case Failed():
                return _told("failed", self._answered)
            case Rejected(stage, reason):
                is_mistaken = stage in _MAPPINGS and reason is not Reason.TOO_MANY_EVENT_NAMES
                return _told("rejected", self._made) if is_mistaken else ""
            case Filtered() | Expired() | Lost():
                return ""
            case _:
                assert_never(outcome)


def _told(what: str, tally: Tally) -> str:
    too_many = tally.count(is_bad=True)
    return too_many and f"{what}: {too_many}"
