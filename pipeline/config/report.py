"""Collects what is wrong with one file, so that all of it is told in one go."""

from collections.abc import Iterator

from pipeline.config.problem import Path, Problem, Severity, key_path
from pipeline.config.scalar import Text

Place = tuple[int, int]
"""Line and column, both from 1."""


class Report:
    """The problems of one file, where its keys and values stand, and which texts variables filled in."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.keys: dict[Path, Place] = {}
        self.values: dict[Path, Place] = {}
        self._filled_in: dict[Path, Text] = {}
        self._filled_in_below: dict[Path, list[Text]] = {}
        self._problems: dict[Problem, None] = {}
        self._broken: set[Path] = set()
        self._around_broken: set[Path] = set()

    def error(self, path: Path, message: str, hint: str = "", place: Place | None = None) -> None:
        """Record a mistake; without a place it stands at the value, or at the section that lacks it."""
        self.mark_broken(path)
        self._add(path, message, hint, place, Severity.ERROR)

    def warning(self, path: Path, message: str, hint: str = "", place: Place | None = None) -> None:
        """Record what is allowed and yet hardly meant."""
        self._add(path, message, hint, place, Severity.WARNING)

    def mark_broken(self, path: Path) -> None:
        """Take a value for wrong whose mistake stands elsewhere."""
        self._broken.add(path)
        self._around_broken.update(path[:length] for length in range(len(path) + 1))

    def _add(self, path: Path, message: str, hint: str, place: Place | None, severity: Severity) -> None:
        line, column = place or self.place(path)
        problem = Problem(self.file, line, column, key_path(path), message, hint, severity)
        self._problems.setdefault(problem)

    def place(self, path: Path) -> Place:
        """Where a value stands; for one that is not written, the key of the section around it."""
        if path in self.values:
            return self.values[path]
        while path and path not in self.keys and path not in self.values:
            path = path[:-1]
        return self.keys.get(path) or self.values.get(path) or (1, 1)

    def fill_in(self, path: Path, text: Text) -> None:
        """Remember a text that variables have a part in."""
        self._filled_in[path] = text
        for length in range(len(path)):
            self._filled_in_below.setdefault(path[:length], []).append(text)

    def filled_in_at(self, path: Path) -> Iterator[Text]:
        """The texts with variables at a path, around it and inside it."""
        for length in range(len(path) + 1):
            if path[:length] in self._filled_in:
                yield self._filled_in[path[:length]]
        yield from self._filled_in_below.get(path, ())

    def is_written(self, path: Path) -> bool:
        """Whether the file has this key."""
        return path in self.keys

    def is_broken(self, path: Path) -> bool:
        """Whether a mistake stands at this path or at something around it."""
        return any(path[:length] in self._broken for length in range(1, len(path) + 1))

    def holds_broken(self, path: Path) -> bool:
        """Whether a mistake stands at this path, around it or inside it."""
        return self.is_broken(path) or path in self._around_broken

    @property
    def has_errors(self) -> bool:
        """Whether the file cannot be used."""
        return any(problem.severity is Severity.ERROR for problem in self._problems)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything found, in the order of the file."""
        return tuple(sorted(self._problems, key=lambda problem: (problem.line, problem.column)))
