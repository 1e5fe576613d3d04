"""What to say where a name that an option gave is not among those that were found."""

from collections.abc import Collection
from difflib import SequenceMatcher
from typing import Final

from pipeline.cli.console import printable

_MOST: Final = 5


def nothing_of(option: str, name: str, found: Collection[str]) -> str:
    """That the name was not found, and which were. It may be right all the same: nothing came yet."""
    told = f"; there is {nearest_first(name, found)}" if found else ""
    return f"{option} {name}: nothing of that name was found{told}"


def nearest_first(name: str, found: Collection[str]) -> str:
    """The names as a list, what looks like `name` before the others, and how many more there are."""
    by_likeness = sorted(found, key=lambda each: (-_likeness(name, each), each))
    shown = ", ".join(printable(each) for each in by_likeness[:_MOST])
    more = len(found) - _MOST
    return f"{shown}, and {more} more" if more > 0 else shown


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()
