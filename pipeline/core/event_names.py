"""How many different event names are sent: Kameleoon makes a goal of every name that it does not know.

A name with an order number in it, or a sender that means harm, would fill the account with goals.
"""

import hashlib
from enum import Enum, auto
from typing import Final

MOST_NAMES: Final = 10_000
"""Different names that are told apart; beyond them they are not counted any more."""

FIRST_WARNING: Final = 500
"""Names at which the log warns, and again at each doubling: a sibling interface of Kameleoon makes
at most 1,000 goals an hour (reference: Kameleoon, product semantics)."""

_LONGEST_KEPT: Final = 256


class Seen(Enum):
    """What a name is to those that were sent before."""

    KNOWN = auto()
    NEW = auto()
    ONE_OF_MANY = auto()
    REFUSED = auto()


class EventNames:
    """The names that were sent, at most `MOST_NAMES` of them; `most` of them may be, None for any number."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._known: set[str] = set()
        self._warns_at = FIRST_WARNING

    @property
    def count(self) -> int:
        """How many different names there were."""
        return len(self._known)

    def see(self, name: str) -> Seen:
        """What a name is that is to be sent; a new one is known from now on."""
        key = name if len(name) <= _LONGEST_KEPT else _digest(name)
        if key in self._known:
            return Seen.KNOWN
        if self._most is not None and self.count >= self._most:
            return Seen.REFUSED
        if self.count >= MOST_NAMES:
            return Seen.ONE_OF_MANY
        self._known.add(key)
        return Seen.NEW

    def is_warning_due(self) -> bool:
        """Whether the names became so many that somebody should know; true once at each step."""
        is_due = self.count >= self._warns_at
        while self.count >= self._warns_at:
            self._warns_at *= 2
        return is_due


def _digest(name: str) -> str:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
