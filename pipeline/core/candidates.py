"""Which mappings an event may concern, by its type and event name, without asking every trigger."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.core.event import EVENT_TYPES, Event

T = TypeVar("T")

Entry = tuple[T, frozenset[str], frozenset[str] | None]
"""A mapping, the event types that its trigger may match, and the event names if they are known."""


@dataclass(frozen=True, slots=True)
class _OfType(Generic[T]):
    """The mappings of one event type: per known event name, and for every other name."""

    by_name: dict[str, tuple[T, ...]]
    otherwise: tuple[T, ...]


class Candidates(Generic[T]):
    """An index over mappings that keeps their order."""

    __slots__ = ("_by_type",)

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        given = tuple(entries)
        self._by_type = {
            kind: _of_type([entry for entry in given if kind in entry[1]]) for kind in EVENT_TYPES
        }

    def of(self, event: Event) -> tuple[T, ...]:
        """The mappings that may take this event, whose `type` is a known one."""
        found = self._by_type[event["type"]]
        name = event.get("event")
        if found.by_name and type(name) is str:
            return found.by_name.get(name, found.otherwise)
        return found.otherwise


def _of_type(entries: list[Entry[T]]) -> _OfType[T]:
    names = {name for _, _, names in entries for name in names or ()}
    by_name = {
        name: tuple(mapping for mapping, _, wanted in entries if wanted is None or name in wanted)
        for name in names
    }
    return _OfType(by_name, tuple(mapping for mapping, _, wanted in entries if wanted is None))
