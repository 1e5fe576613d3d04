"""What is wrong with a mapping, where in it, and what to write instead."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.core.event import Json

Path = tuple[str | int, ...]
"""The way to a value inside one mapping, such as `("fields", "event", "@template")`."""


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """One mistake, or a warning, in the mapping at index `mapping` of the configuration.

    `line` and `column` count from 1 inside the text at `path`, where that text has places.
    """

    mapping: int
    path: Path
    message: str
    hint: str = ""
    line: int | None = None
    column: int | None = None


class PlanError(Exception):
    """The mappings cannot be used; `problems` names every mistake, in the order of the mappings."""

    def __init__(self, problems: Iterable[PlanProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"mapping {found.mapping}: {found.message}" for found in self.problems))


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to one that is not, and all the others."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    guess = f"did you mean `{folded[close[0]]}`? " if close else ""
    return f"{guess}known: {', '.join(names)}"


def path_of(pointer: str, template: Json) -> Path:
    """A JSON pointer into a template as a path; an item of a list is named by its index."""
    path: list[str | int] = []
    here = template
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and key.isdecimal() and int(key) < len(here):
            path.append(int(key))
            here = here[int(key)]
        else:
            path.append(key)
            here = here.get(key) if isinstance(here, dict) else None
    return tuple(path)
