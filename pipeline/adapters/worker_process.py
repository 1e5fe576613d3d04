"""A worker as a process of its own: `kameleoon-pipeline run`, in this interpreter."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pipeline


class WorkerProcess:
    """A running worker; `running_worker` starts one. Its log goes to the file `log`."""

    def __init__(self, process: Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number if a signal ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait until it ends by itself; its exit code."""
        return await self._process.wait()

    async def stop(self, within_s: float) -> int:
        """End it by SIGTERM, or by force after this time or when interrupted; its exit code."""
        if self._process.returncode is None:
            self._process.terminate()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), within_s)
        finally:
            await self._kill()
        return await self._process.wait()

    async def _kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    def log_tail(self, lines: int) -> list[str]:
        """The newest lines of its log."""
        return self._log.read_text(errors="replace").splitlines()[-lines:]


@asynccontextmanager
async def running_worker(
    config: Path, environment: Mapping[str, str], log: Path, *, drain_s: float
) -> AsyncIterator[WorkerProcess]:
    """A worker on this configuration, ended at the end: in order, within `drain_s`, or by force.

    `environment` is added to this process's own. It has a session of its own: Ctrl-C on the terminal
    reaches this process alone, which ends the worker in its turn.
    """
    command = ("-m", "pipeline.cli.main", "run", "--config", str(config), "--log-format", "json")
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=Path(pipeline.__file__).parents[1],  # the interpreter looks there for the package
            env={**os.environ, **environment},
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    worker = WorkerProcess(process, log)
    try:
        yield worker
    finally:
        await worker.stop(drain_s)
