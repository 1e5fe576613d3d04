"""The verb `tap` as a process of its own, at work while a test lets events pass."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.tree import ROOT
from tests.support.waiting import until


class Tapping:
    """One running `tap`. Made and ended by `tapping`."""

    def __init__(self, output: Path, arguments: Sequence[str]) -> None:
        self._output, self._errors = output.with_suffix(".out"), output.with_suffix(".err")
        with self._output.open("wb") as out, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline.cli.main", "tap", *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
            )

    @property
    def lines(self) -> list[str]:
        """What it has printed so far, whole lines only."""
        return self._output.read_bytes().decode().split("\n")[:-1]

    @property
    def errors(self) -> str:
        """What it has said on standard error."""
        return self._errors.read_text()

    @property
    def is_done(self) -> bool:
        return self._process.poll() is not None

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        await until(lambda: self.is_done, f"tap has not ended: {self.errors}")
        return int(self._process.returncode)

    def clear_away(self) -> None:
        """Leave no process behind."""
        self._process.kill()
        self._process.wait()


@contextmanager
def tapping(folder: Path, *each: Sequence[str]) -> Iterator[list[Tapping]]:
    """One `tap` for each list of arguments; what they print goes to files in the folder."""
    made = [Tapping(folder / f"tap-{number}", arguments) for number, arguments in enumerate(each)]
    try:
        yield made
    finally:
        for one in made:
            one.clear_away()
