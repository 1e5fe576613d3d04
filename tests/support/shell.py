"""Scripts and commands of the documents, run by bash as a reader would run them."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.tree import ROOT
from tests.support.waiting import until

_TOLD_FROM_OUTSIDE: Final = ("KAFKA_", "KAMELEOON_")
_STRICT: Final = "set -euo pipefail\n"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a shell ended with, and said."""

    code: int
    output: str
    errors: str


class Shell:
    """One bash in a process group of its own. Made and ended by a `Checkout`."""

    def __init__(self, script: str, folder: Path, name: str, environment: Mapping[str, str]) -> None:
        self.script = script
        self._output, self._errors = folder / f"{name}.out", folder / f"{name}.err"
        with self._output.open("wb") as out, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                ["bash", "-c", _STRICT + script],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output.read_text()

    @property
    def errors(self) -> str:
        """What it has said on standard error so far."""
        return self._errors.read_text()

    @property
    def said(self) -> str:
        """Both, one after the other."""
        return self.output + self.errors

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    @property
    def is_running(self) -> bool:
        return self.code is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the shell and all that it runs, as a terminal does."""
        os.killpg(self._process.pid, number)

    async def ended(self, timeout_s: float) -> Ended:
        """Wait for the end. Raises TimeoutError, which says what was awaited."""
        await until(lambda: not self.is_running, f"the end of\n{self.script}", timeout_s)
        return Ended(int(self._process.returncode), self.output, self.errors)

    def clear_away(self) -> None:
        """Leave none of its processes behind, whatever happened."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            self._process.wait()


class Checkout:
    """A folder where commands of the documents find what they find in a checkout, and nothing else."""

    def __init__(self, folder: Path, shown: Sequence[str] = ("pipeline", "topics")) -> None:
        self.folder = folder
        self._shells: list[Shell] = []
        for name in shown:
            (folder / name).symlink_to(ROOT / name)

    def start(self, script: str, name: str) -> Shell:
        """Run a script there with the installed command on the path; what it prints goes to files."""
        shell = Shell(script, self.folder, name, self._environment())
        self._shells.append(shell)
        return shell

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_TOLD_FROM_OUTSIDE)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        return kept | {"PATH": path, "HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder)}

    def clear_away(self) -> None:
        """End whatever runs there."""
        for shell in self._shells:
            shell.clear_away()
