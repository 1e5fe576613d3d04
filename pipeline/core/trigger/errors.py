"""What a trigger that is refused tells its author."""

from typing import Final

_LONGEST_QUOTE: Final = 80


class TriggerError(Exception):
    """A trigger that is not loaded: where, why, and what to write instead.

    `line` and `column` count from 1 and mark the spot in the trigger's own text.
    """

    def __init__(self, problem: str, hint: str, *, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {problem}; {hint}")
        self.problem = problem
        self.hint = hint
        self.line = line
        self.column = column


def mistake(text: str, start: int, problem: str, hint: str) -> TriggerError:
    """The error for the spot at index `start` of `text`."""
    line_start = text.rfind("\n", 0, start) + 1
    line = text.count("\n", 0, start) + 1
    return TriggerError(problem, hint, line=line, column=start - line_start + 1)


def shown(text: str) -> str:
    """A piece of a trigger as a message shows it: in backticks, short, printable."""
    short = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
    printable = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in short)
    return f"`{printable}`"


def quoted(text: str) -> str:
    """A text as it is to be written in a trigger, shown as a message shows it."""
    return f'`"{shown(text)[1:-1]}"`'
