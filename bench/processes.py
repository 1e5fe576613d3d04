"""Processes of the bench: each on a core of its own, and never left behind."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
CACHE: Final = ROOT / ".cache" / "bench"
_STOP_S: Final = 40


@dataclass(frozen=True, slots=True)
class Command:
    """A program to start: words, and what its environment has beside ours."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT


def cores() -> tuple[int, int]:
    """The server's core and the contender's; the same where the machine has but one."""
    available = sorted(os.sched_getaffinity(0))
    return available[0], available[-1]


@contextmanager
def running(
    command: Command, core: int | None, log: Path, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The program, pinned to a core, until the end of the block: SIGTERM, then SIGKILL."""
    with log.open("wb") as said, _pinned(core):
        process = subprocess.Popen(
            list(command.words),
            cwd=command.folder,
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=said if stdout is None else stdout,
            stderr=said,
        )
    try:
        yield process
    finally:
        _end(process)


@contextmanager
def _pinned(core: int | None) -> Iterator[None]:
    """What is started meanwhile inherits the core."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
