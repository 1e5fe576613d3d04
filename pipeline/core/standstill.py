"""Whether a worker that has work stands still, for no reason that it knows of."""

from dataclasses import dataclass
from typing import Final

LOOKS: Final = 10
"""So many looks in a row must find the same. Not seconds: a machine that slept has had but one."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look finds. `progress` only grows: by every record settled and every answer that came.

    `behind` records are not settled, received or not; `is_held` where the worker knows why it waits.
    """

    progress: float
    behind: float
    is_held: bool


class Standstill:
    """Counts the looks at a worker that has not moved."""

    def __init__(self) -> None:
        self._progress = -1.0
        self._looks = 0

    def look(self, sight: Sight) -> bool:
        """Take in one look; whether the worker stands still by now."""
        if sight.progress > self._progress or sight.is_held or not sight.behind:
            self._looks = 0
        else:
            self._looks += 1
        self._progress = sight.progress
        return self._looks >= LOOKS
