"""Several workers on one machine, each a process of its own, under one parent that keeps them at work."""

import asyncio
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, assert_never

import structlog

from pipeline.core.exit_code import ExitCode
from pipeline.core.supervision import EndAll, StartAgain, after_end, parents_code, told_end
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.workers")

STOP_MARGIN_S: Final = 10.0
"""What a worker needs beside its drain to stop: the last commit, and to leave the group."""


class WorkerCrew:
    """Starts `count` workers and starts again those that end, until it is told to stop.

    `command` gives the program of a worker by its number and whether this is its first start.
    A worker ends in order when its standard input does: that is the parent's end, whatever the cause.
    """

    def __init__(
        self, command: Callable[[int, bool], Sequence[str]], count: int, clock: Clock, *, stop_within_s: float
    ) -> None:
        self._command = command
        self._count = count
        self._clock = clock
        self._stop_within_s = stop_within_s
        self._running: dict[int, Process] = {}
        self._codes: list[int] = []
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """Keep the workers at work until SIGTERM or SIGINT; the exit code of the whole."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        loop.add_signal_handler(signal.SIGINT, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.read_again)
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._count):
                    group.create_task(self._keep(number))
        finally:
            self._kill_rest()
        code = parents_code(self._codes)
        log.info("all workers have ended", exit_code=code)
        return code

    def stop(self) -> None:
        """Tell every worker to end in order; those that have not in time are killed."""
        if self._stopping.is_set():
            return
        log.info("stopping the workers")
        self._stopping.set()
        self._send(signal.SIGTERM)
        self._clock.call_later(self._stop_within_s, self._kill_rest)

    def read_again(self) -> None:
        """Tell every worker to read its configuration again."""
        self._send(signal.SIGHUP)

    async def _keep(self, number: int) -> None:
        """Run one worker, and run it again as often as it ends by itself."""
        in_a_row, is_first = 0, True
        while not self._stopping.is_set():
            began_s = self._clock.monotonic_s()
            code, told = await self._life(number, is_first=is_first)
            is_first = False
            if self._stopping.is_set():
                self._codes.append(code)
                return
            match after_end(code, self._clock.monotonic_s() - began_s, in_a_row):
                case EndAll():
                    log.critical("a worker needs a person: all are stopped", worker=number, detail=told)
                    self._codes.append(code)
                    self.stop()
                case StartAgain(pause_s, in_a_row):
                    log.error(
                        "a worker has ended, it is started again", worker=number, detail=told, pause_s=pause_s
                    )
                    await self._pause(pause_s)
                case decided:
                    assert_never(decided)

    async def _life(self, number: int, *, is_first: bool) -> tuple[int, str]:
        """Start a worker and wait for its end: its exit code, and how it ended in words."""
        try:
            with _held_back(signal.SIGHUP):  # it would end a worker that does not yet mind it
                process = await asyncio.create_subprocess_exec(
                    *self._command(number, is_first),
                    stdin=PIPE,
                    start_new_session=True,  # Ctrl-C is for the parent, which tells the workers
                )
        except OSError as error:
            return ExitCode.UNREACHABLE, f"it cannot be started: {error.strerror or error}"
        self._running[number] = process
        log.info("worker started", worker=number, pid=process.pid)
        if self._stopping.is_set():
            self._send(signal.SIGTERM)
        code = await process.wait()
        del self._running[number]
        return code, told_end(code)

    async def _pause(self, pause_s: float) -> None:
        """Return after the pause, or at once when all is to stop."""
        waiting = [
            asyncio.create_task(self._clock.sleep(pause_s)),
            asyncio.create_task(self._stopping.wait()),
        ]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()

    def _send(self, number: signal.Signals) -> None:
        for process in self._running.values():
            with suppress(ProcessLookupError):
                process.send_signal(number)

    def _kill_rest(self) -> None:
        for number in self._running:
            log.error("a worker did not stop in time and is killed", worker=number)
        self._send(signal.SIGKILL)


@contextmanager
def _held_back(number: signal.Signals) -> Iterator[None]:
    """What is started meanwhile does not get this signal until it asks for it, and neither do we."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
