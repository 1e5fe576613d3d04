"""Stage deliver: how many requests a second to make at a destination that answers 429 to more.

Unlimited until the first 429. Each congestion cuts the rate a little below what was accepted lately. It
then grows back along a cubic curve: fast at first, hardly at all near the rate of the congestion, ever
faster beyond it. So it stays close to the limit, asks for more rarely, and finds a raised limit again.
"""

from dataclasses import dataclass
from typing import Final

CUT: Final = 0.94
"""What is left of the accepted rate after a congestion."""

CONGESTION_S: Final = 1.0
"""Requests that started before a cut, or so soon after it, belong to the same congestion."""

TOLERATED: Final = 0.005
"""So small a share of the latest answers is no congestion, unless they say how long to wait."""

LEAST_PER_S: Final = 1.0
LEAST_AT_FIRST_PER_S: Final = 10.0
"""A first 429 before anything was accepted tells nothing about the limit."""

_ALIKE: Final = 0.35
_BURST_S: Final = 0.02
"""Pacing that fell behind may catch up on so much: timers are not exact."""

_SLOT_S: Final = 0.25
_SLOTS: Final = 20
_SLOTS_OF_A_SECOND: Final = 4
_DOUBLING_S: Final = 3.0
_MAX_DOUBLINGS: Final = 40


@dataclass(frozen=True, slots=True)
class _Growth:
    """When the rate is back at that of the last congestion, and from when on it doubles."""

    regrowth_s: float
    doubles_after_s: float


_KNOWN: Final = _Growth(20.0, 50.0)
"""Two congestions came at about the same rate."""

_UNKNOWN: Final = _Growth(6.0, 6.0)


class Rate:
    """The pace of the requests to one destination. All times are monotonic seconds.

    Not before `next_s` may a request start.
    """

    __slots__ = (
        "_accepted",
        "_ceiling_per_s",
        "_cut_at_s",
        "_grows_from_s",
        "_is_known",
        "_throttled",
        "next_s",
    )

    def __init__(self) -> None:
        self._accepted = _Recent()
        self._throttled = _Recent()
        self._ceiling_per_s: float | None = None
        self._cut_at_s = 0.0
        self._grows_from_s = 0.0
        self.next_s = 0.0
        self._is_known = False

    def per_s(self, now_s: float) -> float | None:
        """The limit as of now; None while there is none."""
        ceiling_per_s = self._ceiling_per_s
        return None if ceiling_per_s is None else self._grown_per_s(ceiling_per_s, now_s)

    def _grown_per_s(self, ceiling_per_s: float, now_s: float) -> float:
        grown_s = max(0.0, now_s - self._grows_from_s)
        growth = _KNOWN if self._is_known else _UNKNOWN
        cubic_s = min(grown_s, growth.doubles_after_s)
        level = 1.0 + (1.0 - CUT) * (cubic_s / growth.regrowth_s - 1.0) ** 3
        doublings = min((grown_s - cubic_s) / _DOUBLING_S, _MAX_DOUBLINGS)
        limit_per_s: float = ceiling_per_s * level * 2.0**doublings
        return limit_per_s

    def start(self, now_s: float) -> None:
        """A request starts now."""
        if self._ceiling_per_s is not None:
            wait_s = 1.0 / self._grown_per_s(self._ceiling_per_s, now_s)
            self.next_s = max(self.next_s, now_s - _BURST_S) + wait_s

    def spare(self, now_s: float) -> None:
        """The request that started now was not made after all."""
        limit_per_s = self.per_s(now_s)
        if limit_per_s is not None:
            self.next_s -= 1.0 / limit_per_s

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit."""
        return self._ceiling_per_s is not None

    def accept(self, now_s: float, requests: int = 1) -> None:
        """So many requests were accepted."""
        self._accepted.add(now_s, requests)

    def throttle(self, started_s: float, now_s: float, hold_s: float) -> None:
        """A request that had started at `started_s` got a 429; nothing is sent for `hold_s`."""
        ceiling_per_s, limit_per_s = self._ceiling_per_s, self.per_s(now_s)
        if hold_s > 0:
            self._grows_from_s = max(self._grows_from_s, now_s + hold_s)
        if ceiling_per_s is not None and started_s < self._cut_at_s + CONGESTION_S:
            return
        self._throttled.add(now_s)
        if hold_s == 0 and self._are_few(now_s):
            return
        accepted_per_s = self._accepted.per_s(now_s, self._slots_to_count(now_s))
        least_per_s = LEAST_AT_FIRST_PER_S if ceiling_per_s is None else LEAST_PER_S
        found_per_s = max(least_per_s, min(accepted_per_s, limit_per_s or accepted_per_s))
        self._is_known = (
            ceiling_per_s is not None and abs(found_per_s - ceiling_per_s) <= _ALIKE * ceiling_per_s
        )
        self._ceiling_per_s = found_per_s
        self._cut_at_s = now_s
        self._grows_from_s = now_s + hold_s
        self.next_s = now_s + 1.0 / (found_per_s * CUT)

    def _are_few(self, now_s: float) -> bool:
        """Whether hardly any of the latest answers were 429s, those of congestions known aside."""
        throttled = self._throttled.count(now_s, _SLOTS)
        return throttled < TOLERATED * (throttled + self._accepted.count(now_s, _SLOTS))

    def _slots_to_count(self, now_s: float) -> int:
        """A second while the limit is unknown; else up to five, none of them held."""
        if not self._is_known:
            return _SLOTS_OF_A_SECOND
        return min(_SLOTS, max(_SLOTS_OF_A_SECOND, int((now_s - self._grows_from_s) / _SLOT_S)))


class _Recent:
    """How many answers of a kind came in each of the last slots of time."""

    __slots__ = ("_counts", "_since_s", "_slot")

    def __init__(self) -> None:
        self._counts = [0] * (_SLOTS + 1)
        self._since_s: float | None = None
        self._slot = 0

    def add(self, now_s: float, answers: int = 1) -> None:
        slot = int(now_s / _SLOT_S)
        if slot != self._slot or self._since_s is None:
            self._move_to(slot, now_s)
        self._counts[slot % len(self._counts)] += answers

    def count(self, now_s: float, slots: int) -> int:
        """How many came in the last full slots and the present one."""
        slot = int(now_s / _SLOT_S)
        self._move_to(slot, now_s)
        return sum(self._counts[(slot - back) % len(self._counts)] for back in range(slots + 1))

    def per_s(self, now_s: float, slots: int) -> float:
        """The same a second; over a second at least."""
        counted = self.count(now_s, slots)
        since_s = now_s if self._since_s is None else self._since_s
        counted_s = min(now_s - since_s, slots * _SLOT_S + now_s % _SLOT_S)
        return counted / max(1.0, counted_s)

    def _move_to(self, slot: int, now_s: float) -> None:
        if self._since_s is None:
            self._since_s, self._slot = now_s, slot
        for passed in range(max(self._slot + 1, slot - _SLOTS), slot + 1):
            self._counts[passed % len(self._counts)] = 0
        self._slot = max(self._slot, slot)
