"""Commands that a test runs to their end."""

import subprocess
from pathlib import Path


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """The command's output; a failure shows all that it said."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
