"""The verb `init`: a first configuration, commented."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.exits import ExitCode, stop
from pipeline.config import DEFAULT_FILE


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("init", epilog="Example: kameleoon-pipeline init my.yaml")(init)


def init(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path(DEFAULT_FILE),
) -> None:
    """Write a commented minimal configuration. An existing file is never overwritten."""
    from pipeline.config.examples import example

    try:
        _write(file, example("minimal"))
    except FileExistsError:
        stop(ExitCode.USAGE, f"{file} exists already; name another file, or remove it first")
    except OSError as error:
        stop(ExitCode.USAGE, f"{file} cannot be written: {(error.strerror or 'unknown reason').lower()}")
    print(f"wrote {file}")
    print("Set KAMELEOON_API_KEY, KAMELEOON_SITECODE and KAFKA_BOOTSTRAP_SERVERS in the environment, then:")
    print(f"  kameleoon-pipeline check {file}")


def _write(file: Path, text: str) -> None:
    """All of it or no file. Raises OSError."""
    with file.open("x", encoding="utf-8") as new:
        try:
            new.write(text)
            new.flush()
        except OSError:
            file.unlink()
            raise
