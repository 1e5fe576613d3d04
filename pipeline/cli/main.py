"""The command `kameleoon-pipeline`: one verb a module, each with `register(app)`.

A verb module imports at its top only what its options need; everything heavy is imported inside
the functions that run, so that `--help` stays quick.
"""

import errno
import io
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Final, NoReturn

import typer

from pipeline.cli.exits import ExitCode
from pipeline.core.bug_report import kind_of, places_of, traceback_of

VERBS: Final[tuple[str, ...]] = (
    # one module a line
    "demo",
    "init",
    "check",
    "explain",
    "topics",
    "produce",
    "run",
    "audit",
    "top",
    "tap",
    "page",
    "reconcile",
    "replay",
    "sandbox",
)
"""Modules of `pipeline.cli` in the order that `--help` lists their verbs."""

_OUTPUT_IS_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a disk says that takes no more; files of its own a verb speaks of itself."""

TRACEBACK_VARIABLE: Final = "KAMELEOON_PIPELINE_TRACEBACK"

app = typer.Typer(
    name="kameleoon-pipeline",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(version("kameleoon-pipeline"))
        except PackageNotFoundError:
            print("0.0.0 (run from its source folder, not installed)")
        raise typer.Exit


@app.callback()
def _command(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Segment events from your own Kafka to Kameleoon: nothing lost, every event accounted for."""


for _verb in VERBS:
    import_module(f"pipeline.cli.{_verb}").register(app)


def main() -> None:
    """Entry point: run the command; an unexpected exception ends it with code 70 and one clear line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # no text of an event may stop the printing of it
    try:
        app()
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # click says 1, which means found
            sys.exit(ExitCode.READER_GONE)
        _write_the_rest()
        raise
    except Exception as error:  # noqa: BLE001 (the outermost line: whatever arrives here is a bug)
        if isinstance(error, OSError) and error.errno in _OUTPUT_IS_FULL:
            _end_without_output(error)
        print(_bug_report(error), file=sys.stderr)
        sys.exit(ExitCode.BUG)


def _write_the_rest() -> None:
    """Write what is buffered: Python itself would do so too late to say with what code the command ends."""
    if not isinstance(sys.stdout, io.TextIOWrapper):  # closed by whoever started the command
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        _end_without_output(error)


def _end_without_output(error: OSError) -> NoReturn:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more
    if isinstance(error, BrokenPipeError):
        sys.exit(ExitCode.READER_GONE)
    with suppress(OSError):  # it may be standard error that is full
        print(f"could not write the output: {error.strerror}", file=sys.stderr)
    sys.exit(ExitCode.USAGE)


def _bug_report(error: Exception) -> str:
    if os.environ.get(TRACEBACK_VARIABLE):
        return traceback_of(error)
    return (
        f"kameleoon-pipeline: this is a bug: {kind_of(error)} ({places_of(error)[-1]}). "
        "Please report it on the project's issue tracker, "
        f"with what {TRACEBACK_VARIABLE}=1 prints for the same command."
    )


if __name__ == "__main__":
    main()
