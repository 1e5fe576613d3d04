"""What one mapping may make of one event: so much, and no more, however it is written.

A few nested directives, or a template that an event brings along, could otherwise make gigabytes of
a small event. What is only passed on is not counted.
"""

import math
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import Undefined

MAX_TEXT: Final = 2**22
"""Characters that one mapping may make of one event, of one text and of all together."""

_DIGITS_A_BIT: Final = 0.302


_BUILDERS: Final = frozenset({"@arrayPath", "@transform"})
_READERS: Final = frozenset({"@path", "@arrayPath"})


class TooLongError(Exception):
    """More than `MAX_TEXT` characters were to be made."""


class Allowance:
    """Counts what a mapping makes, anew for each event."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_TEXT

    def renew(self) -> None:
        """Begin with an event."""
        self._left = MAX_TEXT

    def take(self, size: int) -> None:
        """So many characters are made. Raises TooLongError."""
        self._left -= size
        if self._left < 0:
            raise TooLongError

    def weigh(self, value: Json | Undefined) -> None:
        """Take as much as a value holds: built of shared parts, it may be larger than it looks."""
        self.take(size_of(value, self._left))


def size_of(value: Json | Undefined, most: int) -> int:
    """The characters of every text, key and number in a value, and one more for each of them.

    Counting ends above `most`.
    """
    size = 0
    waiting = [value]
    while waiting and size <= most:
        item = waiting.pop()
        size += 1
        if isinstance(item, str):
            size += len(item)
        elif isinstance(item, dict):
            size += sum(map(len, item))
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, int):
            size += int(item.bit_length() * _DIGITS_A_BIT)
    return size


def copies_of(template: Json) -> float:
    """How many copies of its event a mapping may hold at most; infinite where it builds on what it built.

    What a mapping passes on is shared, and costs nothing before it is written.
    """
    copies = 0.0
    waiting = [template]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            copies += math.inf if item.keys() & _BUILDERS else len(item.keys() & _READERS)
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return copies
