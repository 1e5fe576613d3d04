"""Workers forked from a process that has everything imported: they run a second sooner, and cost half.

`python -m tests.support.worker.nursery` takes one JSON object a line: `{"start": 1, "config": …, "log": …}`
or `{"signal": 9, "to": 1}`, and says `{"ended": 1, "code": 0}`; minus the signal's number if one ended
the worker. A forked worker runs `kameleoon-pipeline run` as any other does. All end with this process.
"""

import asyncio
import ctypes
import gc
import itertools
import json
import os
import select
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Self

from tests.support.tree import ROOT

_PR_SET_PDEATHSIG: Final = 1
_READ_BYTES: Final = 65536
_IMPORTED: Final = (
    "uvloop",
    "pipeline.adapters.group_start",
    "pipeline.adapters.kafka_admin",
    "pipeline.app",
    "pipeline.bootstrap",
    "pipeline.cli.broker",
    "pipeline.cli.logs",
    "pipeline.cli.main",
)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Have the kernel end this process with the thread that started it."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """A forked worker; its log is in `log_file`."""

    def __init__(self, nursery: "Nursery", number: int, log_file: Path) -> None:
        self._nursery = nursery
        self._number = number
        self.log_file = log_file
        self.exit_code: int | None = None
        self._ended = asyncio.Event()

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended; a stopped one has not."""
        return self.exit_code is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; too late is no error."""
        self._nursery.tell({"signal": int(number), "to": self._number})

    async def ended(self, timeout_s: float | None = None) -> int:
        """Wait for the end; the exit code, or minus the signal's number. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await self._ended.wait()
        assert self.exit_code is not None
        return self.exit_code

    def note_end(self, code: int) -> None:
        """The nursery has heard of the end."""
        self.exit_code = code
        self._ended.set()

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log so far that are JSON objects."""
        lines = self.log_file.read_bytes().split(b"\n")[:-1] if self.log_file.exists() else []
        return [json.loads(line) for line in lines if line.startswith(b"{")]


class Nursery:
    """Starts workers by forking; an async context manager."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._children: dict[int, Child] = {}
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, cwd=ROOT, stdin=PIPE, stdout=PIPE, preexec_fn=die_with_parent
        )
        self._listening = asyncio.create_task(self._listen(self._process))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._listening is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            await self._listening

    def start(self, config: Path, log_file: Path) -> Child:
        """Fork a worker on this configuration."""
        number = next(self._numbers)
        child = self._children[number] = Child(self, number, log_file)
        self.tell({"start": number, "config": str(config), "log": str(log_file)})
        return child

    def tell(self, order: dict[str, Any]) -> None:
        """Give one order; they are obeyed in turn."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            told = json.loads(line)
            self._children.pop(told["ended"]).note_end(told["code"])
        for child in self._children.values():
            child.note_end(-signal.SIGKILL)


class _Forker:
    """The process that forks: one thread, no event loop, nothing open but its pipes."""

    def __init__(self) -> None:
        self._pids: dict[int, int] = {}

    def run(self) -> None:
        """Obey until the pipe closes."""
        woken, wakes = os.pipe()
        os.set_blocking(wakes, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        rest = b""
        while True:
            ready, _, _ = select.select([0, woken], [], [])
            if woken in ready:
                os.read(woken, _READ_BYTES)
                self._reap()
            if 0 in ready:
                read = os.read(0, _READ_BYTES)
                if not read:
                    return
                *orders, rest = (rest + read).split(b"\n")
                for order in orders:
                    self._obey(json.loads(order))

    def _obey(self, order: dict[str, Any]) -> None:
        if "signal" in order:
            pid = next((pid for pid, number in self._pids.items() if number == order["to"]), None)
            if pid is not None:
                os.kill(pid, order["signal"])
            return
        pid = os.fork()
        if pid == 0:
            _become_worker(order["config"], order["log"])
        self._pids[pid] = order["start"]

    def _reap(self) -> None:
        while self._pids:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            told = {"ended": self._pids.pop(pid), "code": os.waitstatus_to_exitcode(status)}
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()


def _become_worker(config: str, log_file: str) -> None:
    """Run the command in this forked process, and end it."""
    die_with_parent()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.closerange(3, log + 2)
    sys.argv = ["kameleoon-pipeline", "run", "--config", config, "--log-format", "json"]
    code = 1
    try:
        import_module("pipeline.cli.main").main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    for _name in _IMPORTED:
        import_module(_name)
    gc.freeze()
    _Forker().run()
