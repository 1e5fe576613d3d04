"""Stage source: which of the offsets that retention removed nobody has accounted for."""

from collections.abc import Iterable, Iterator

Span = tuple[int, int]
"""Offsets from the first to the last, both included."""


def unaccounted(first: int, last: int, known: Iterable[Span]) -> Iterator[Span]:
    """The parts of `first` to `last` outside all the known spans, which may overlap."""
    for begin, end in sorted(known):
        if begin > last:
            break
        if begin > first:
            yield first, begin - 1
        first = max(first, end + 1)
    if first <= last:
        yield first, last
