"""Where the static check stands in a mapping, and what it has found."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from pipeline.core.event import Json
from pipeline.core.javascript import type_name
from pipeline.core.mapping.errors import MappingProblem, pointer_to


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the mapping; all places of one check share what was found."""

    found: list[MappingProblem]
    check_value: "Callable[[Json, Place], None]"
    pointer: str = ""
    level: int = 0

    def under(self, key: str | int) -> Self:
        """One level below."""
        return replace(self, pointer=pointer_to(self.pointer, key), level=self.level + 1)

    def report(self, message: str, hint: str) -> None:
        """A mistake here."""
        self.found.append(MappingProblem(self.pointer, message, hint))


def kind_of(template: Json) -> str:
    """The reference's name for the kind of a template: an object with an `@` key is a directive."""
    if isinstance(template, dict) and any(str(key).startswith("@") for key in template):
        return "directive"
    return type_name(template)


def of_kind(template: Json) -> str:
    """The kind with its article."""
    kind = kind_of(template)
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
