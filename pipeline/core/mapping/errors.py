"""What is wrong with a mapping, or with an event under it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """One mistake, and where.

    `pointer` is a JSON pointer into the mapping (`""` is its root), `hint` says what to write
    instead. Neither text ever holds a value of an event: only kinds and field names.
    """

    pointer: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        said = f"{self.pointer or '/'} {self.message}"
        return f"{said} ({self.hint})" if self.hint else said


class MappingError(Exception):
    """A mapping that does not load, with every mistake in it, or an event that it fails on."""

    def __init__(self, problems: tuple[MappingProblem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def pointer_to(parent: str, key: str | int) -> str:
    """The JSON pointer of a member or item of what `parent` points to."""
    return f"{parent}/{str(key).replace('~', '~0').replace('/', '~1')}"
