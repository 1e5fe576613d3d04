"""The right to send: proof, not older than the session time-out, that the group still counts us in.

A worker that stood still meanwhile finds its lease run out and sends nothing more, whoever has its
partitions now (design, section 3: zombies).
"""

import math


class Lease:
    """Held for `duration_s` from the beginning of the newest commit that succeeded."""

    __slots__ = ("_duration_s", "_until_s")

    def __init__(self, duration_s: float) -> None:
        self._duration_s = duration_s
        self._until_s = -math.inf

    def renew(self, began_s: float) -> None:
        """A commit that began at this time, in monotonic seconds, has succeeded."""
        self._until_s = max(self._until_s, began_s + self._duration_s)

    def is_held(self, now_s: float) -> bool:
        """Whether a request may start now, in monotonic seconds."""
        return now_s < self._until_s
