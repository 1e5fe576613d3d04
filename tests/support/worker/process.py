"""`kameleoon-pipeline run` as a process of its own: started, stopped, killed, and never left behind."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.support.tree import ROOT
from tests.support.waiting import until

_PR_SET_PDEATHSIG: Final = 1
_START_S: Final = 40.0
_STOP_S: Final = 40.0
_TAIL_LINES: Final = 40
_LISTENING: Final = "0A"
_DIGITS_OF_V4: Final = 8
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None

RUN: Final = ("-m", "pipeline.cli.main")
"""What Python is told to run; a script of a test's own may stand in its place."""


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _address(written: str) -> str:
    """`0100007F:1F90` as people write it; of IPv6 the digits as they are."""
    host, port = written.split(":")
    is_v4 = len(host) == _DIGITS_OF_V4
    return f"{socket.inet_ntoa(bytes.fromhex(host)[::-1]) if is_v4 else host}:{int(port, 16)}"


class Worker:
    """One worker; its log is in `log_file`. Made and ended by a `Scene`."""

    def __init__(
        self, config: Path, log_file: Path, program: Sequence[str] = RUN, options: Sequence[str] = ()
    ) -> None:
        self.log_file = log_file
        with log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *program, "run", "--config", str(config), "--log-format", "json", *options],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 (one system call)
            )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def rss_bytes(self) -> int:
        """The memory that the process holds now; 0 after its end."""
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def listens_at(self) -> list[str]:
        """Every address that the process takes connections at, as the system knows it."""
        process = Path(f"/proc/{self._process.pid}")
        own = {path.readlink().name for path in (process / "fd").iterdir() if path.is_symlink()}
        rows = [
            line.split()
            for name in ("tcp", "tcp6")
            for line in (process / "net" / name).read_text().splitlines()
        ]
        return [_address(row[1]) for row in rows if row[3] == _LISTENING and f"socket:[{row[9]}]" in own]

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log so far that are JSON objects."""
        lines = self.log_file.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith(b"{")]

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log that tell of `event`."""
        return [line for line in self.log() if line["event"] == event]

    @property
    def openings(self) -> list[int]:
        """The partitions of the events topic in the order in which they were opened, since the start."""
        opened = self.said("partition open")
        return [line["partition"] for line in opened if not line["topic"].endswith("replays")]

    @property
    def held(self) -> set[int]:
        """The partitions of the events topic in the worker's hands: it gives all of them back at once."""
        held: set[int] = set()
        for line in self.log():
            if line["event"] == "giving partitions back":
                held.clear()
            elif line["event"] == "partition open" and not line["topic"].endswith("replays"):
                held.add(line["partition"])
        return held

    async def ready(self, partitions: int = 1) -> None:
        """Return when the log tells of so many openings. Raises when the process ends before."""
        await until(lambda: len(self.openings) >= partitions or not self.is_running, self._tell(), _START_S)
        if not self.is_running:
            raise AssertionError(f"the worker ended with {self._process.returncode}:\n{self.tail()}")

    async def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.ask_to_stop()
        return await self.ended()

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        self._process.send_signal(signal.SIGTERM)

    def hang_up(self) -> None:
        """SIGHUP: the configuration is to be read again."""
        self._process.send_signal(signal.SIGHUP)

    def freeze(self) -> None:
        """SIGSTOP: the process keeps its connections and does nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        self._process.kill()
        await self.ended()

    async def ended(self, timeout_s: float = _STOP_S) -> int:
        """Wait for the process to end; its exit code."""
        await until(lambda: not self.is_running, "the worker has not ended", timeout_s)
        return int(self._process.returncode)

    def clear_away(self) -> None:
        """Leave no process behind, whatever happened."""
        self._process.kill()
        self._process.wait()

    def tail(self) -> str:
        """The newest lines of the log."""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-_TAIL_LINES:])

    def _tell(self) -> str:
        return f"the worker of {self.log_file} is not ready"
