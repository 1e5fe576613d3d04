"""What is wrong with a configuration, where it stands, and what to write instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

Path = tuple[str | int, ...]
"""The way to a value: keys and list indexes, from the top of the file."""


class Severity(StrEnum):
    """An error stops the start; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in one place. `line` and `column` count from 1; 0 means that it has no place.

    No field ever holds a secret or the value of an environment variable.
    """

    file: str
    line: int
    column: int
    key: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        warning = "warning: " if self.severity is Severity.WARNING else ""
        key = f"{self.key}: " if self.key else ""
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{place}: {warning}{key}{self.message}{hint}"


class ConfigError(Exception):
    """The configuration cannot be used. `problems` names every mistake, warnings included."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ConfigFileError(ConfigError):
    """The file itself cannot be read: it is missing, a folder, or not ours to open."""


def key_path(path: Path) -> str:
    """`("mappings", 1, "trigger")` as people write it: `mappings[1].trigger`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.replace("_", "").replace("-", "").replace("@", "").isalnum():
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text
