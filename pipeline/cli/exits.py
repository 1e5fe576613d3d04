"""Exit codes of the command, and how a verb stops with a sentence."""

import sys
from enum import IntEnum
from typing import NoReturn

import typer


class ExitCode(IntEnum):
    """What a script reads from the command."""

    FINE = 0
    FOUND = 1
    USAGE = 2
    UNREACHABLE = 3
    BUG = 70


def stop(code: ExitCode, *lines: str) -> NoReturn:
    """Print the lines on standard error and end the command with this code.

    For what a person can mend: usage, configuration, an unreachable broker.
    """
    for line in lines:
        print(line, file=sys.stderr)
    raise typer.Exit(code)
