"""Exit codes of the command, and how a verb stops with a sentence."""

import sys
from typing import BinaryIO, NoReturn

import typer

from pipeline.core.exit_code import ExitCode

__all__ = ["ExitCode", "standard_input", "stop"]


def stop(code: ExitCode, *lines: str) -> NoReturn:
    """Print the lines on standard error and end the command with this code.

    For what a person can mend: usage, configuration, an unreachable broker.
    """
    for line in lines:
        print(line, file=sys.stderr)
    raise typer.Exit(code)


def standard_input() -> BinaryIO:
    """What `-` names; the end of the command where whoever started it has closed that."""
    if sys.stdin is None:
        stop(ExitCode.USAGE, "-: standard input is closed")
    return sys.stdin.buffer
