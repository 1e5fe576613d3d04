"""The account of one source partition in one pass: what the audit topic tells of each of its records.

The law of a record: every outcome has a mapping and a number of its own, and there are as many as
the newest one promises. A worker that takes over under other mappings promises anew; outcomes that
stood before count towards it.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from pipeline.core.reconcile.offset_states import OffsetStates
from pipeline.core.reconcile.reading import Told, TookOver

MOST_TOLD: Final = 200
"""Of how many wrong records of a partition the account keeps where they were told."""


class State(IntEnum):
    """What is told of one record. A wrong one stays wrong: the first mistake names it."""

    UNTOLD = 0
    COMPLETE = 1
    INCOMPLETE = 2
    DOUBLE = 3
    CONTRADICTORY = 4


@dataclass(slots=True)
class HalfTold:
    """A record that has some of its outcomes: their mappings with their numbers, and the newest promise."""

    promised: int = 0
    epoch: int = 0
    numbers: dict[str | None, int] = field(default_factory=dict)

    def add(self, told: Told) -> State:
        """Take one more outcome in."""
        if told.mapping in self.numbers or told.part in self.numbers.values():
            return State.DOUBLE
        is_broken_promise = told.epoch == self.epoch and told.parts != self.promised and bool(self.numbers)
        self.numbers[told.mapping] = told.part
        self.promised, self.epoch = told.parts, told.epoch
        if is_broken_promise or not 1 <= told.part <= told.parts or len(self.numbers) > told.parts:
            return State.CONTRADICTORY
        return State.COMPLETE if len(self.numbers) == told.parts else State.INCOMPLETE


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is asked for: offsets from `begin` up to and without `end`, in this pass or else the newest."""

    begin: int
    end: int
    pass_: int | None = None


class PartitionAccount:
    """Takes what the audit topic tells of one source partition, in its order there.

    `begin` is where the pass began to read, None while nobody told. `end` is where the account
    ends: lower than asked when more than `most_half_told` records wait for their other outcomes.
    `wrong_at` tells for the first wrong records at which audit offset they became so.
    """

    def __init__(self, bounds: Bounds, *, most_half_told: int = 100_000, most_open: int = 64) -> None:
        self._bounds = bounds
        self._most_half_told = most_half_told
        self._most_open = most_open
        self._fence: int | None = None
        self.pass_ = bounds.pass_
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.begin: int | None = None
        self.end = self._bounds.end
        self.highest: int | None = None
        self.is_told_from_its_start = False
        self.complete = 0
        self.void = 0
        self.states = OffsetStates(self._most_open)
        self.half_told: dict[int, HalfTold] = {}
        self.lost: list[range] = []
        self.wrong_at: dict[int, int] = {}

    def take_over(self, marker: TookOver) -> None:
        """A marker: what a lower epoch tells from now on is void."""
        if self._fence is not None and marker.epoch < self._fence:
            return
        self._fence = marker.epoch
        if self._is_of_this_pass(marker.pass_):
            self.begin = marker.position if self.begin is None else min(self.begin, marker.position)
            self.is_told_from_its_start |= marker.epoch == marker.pass_

    def admits(self, told: Told) -> bool:
        """Whether the outcome counts for any reader: no later worker had taken the partition before."""
        return self._fence is None or told.epoch >= self._fence

    def take(self, told: Told, audit_offset: int) -> None:
        """An outcome."""
        offset = told.offset
        is_inside = self._bounds.begin <= offset < self.end
        if not self.admits(told):
            self.void += is_inside and told.pass_ == self.pass_
            return
        if told.pass_ != self.pass_ and not self._is_of_this_pass(told.pass_):
            return
        if told.lost_through is not None:
            self._lose(range(offset, told.lost_through + 1))
            return
        if not is_inside:
            return
        if self.highest is None or offset > self.highest:
            self.highest = offset
        before = self.states.swap(offset, State.COMPLETE)
        if before == State.UNTOLD and told.part == told.parts == 1:
            self.complete += 1
            return
        self._decide(told, State(before), audit_offset)

    def _is_of_this_pass(self, pass_: int) -> bool:
        """Whether the pass is the one accounted for; a newer one begins the account anew."""
        if self.pass_ == pass_:
            return True
        if self._bounds.pass_ is not None or (self.pass_ is not None and pass_ < self.pass_):
            return False
        self.pass_ = pass_
        self._begin_anew()
        return True

    def _decide(self, told: Told, before: State, audit_offset: int) -> None:
        """What a record that was `before` becomes by one more outcome; its state is set to complete."""
        offset = told.offset
        match before:
            case State.UNTOLD | State.INCOMPLETE:
                half = self.half_told.pop(offset, None) or HalfTold()
                after = half.add(told)
                self.complete += after is State.COMPLETE
                if after is State.INCOMPLETE:
                    self.half_told[offset] = half
            case State.COMPLETE:
                after = State.DOUBLE
                self.complete -= 1
            case State.DOUBLE | State.CONTRADICTORY:
                after = before
        self.states.swap(offset, after)
        if after is not before and after in {State.DOUBLE, State.CONTRADICTORY}:
            self._note(offset, audit_offset)
        if len(self.half_told) > self._most_half_told:
            self._shorten()

    def _note(self, offset: int, audit_offset: int) -> None:
        if len(self.wrong_at) < MOST_TOLD:
            self.wrong_at[offset] = audit_offset

    def _lose(self, lost: range) -> None:
        """A range that retention removed; told again after a crash, it is the same one."""
        if self.lost and lost.start <= self.lost[-1].stop and lost.start >= self.lost[-1].start:
            last = self.lost.pop()
            lost = range(last.start, max(last.stop, lost.stop))
        if lost:
            self.lost.append(lost)

    def _shorten(self) -> None:
        """Memory has an end: account for the lower half of what waits, and for nothing above it."""
        waiting = sorted(self.half_told)
        self.end = waiting[len(waiting) // 2]
        self.half_told = {offset: half for offset, half in self.half_told.items() if offset < self.end}

    @property
    def is_pass_asked(self) -> bool:
        """Whether the account is of the pass that was asked for, newest or not."""
        return self._bounds.pass_ is not None

    @property
    def is_shortened(self) -> bool:
        """Whether the account ends below what was asked for."""
        return self.end < self._bounds.end
