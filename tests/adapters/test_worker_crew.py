"""A parent and its workers: real processes, small programs in place of workers, a clock that stands still."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from structlog.testing import capture_logs
from structlog.typing import EventDict

from pipeline.adapters.worker_crew import WorkerCrew
from tests.support.clock import FakeClock
from tests.support.waiting import until

WAITS: Final = "import sys; sys.stdin.read()"
"""Ends in order with its parent only; SIGTERM ends it too, as it does before a worker minds it."""

STOP_WITHIN_S: Final = 45.0
AGAIN: Final = "a worker has ended, it is started again"


class Scene:
    """A crew over programs; what it logs, and the starts it asked for."""

    def __init__(self, program: Callable[[int, bool], str], count: int) -> None:
        self.starts: list[tuple[int, bool]] = []
        self.clock = FakeClock()
        self._program = program
        self.crew = WorkerCrew(self._command, count, self.clock, stop_within_s=STOP_WITHIN_S)

    def _command(self, number: int, is_first: bool) -> Sequence[str]:  # noqa: FBT001 (as the crew calls it)
        self.starts.append((number, is_first))
        return [sys.executable, "-S", "-c", self._program(number, is_first)]


def said(logs: Sequence[EventDict], event: str) -> list[EventDict]:
    return [line for line in logs if line["event"] == event]


async def told(logs: Sequence[EventDict], event: str, count: int = 1) -> list[EventDict]:
    """The lines of an event, once there are so many."""
    await until(lambda: len(said(logs, event)) >= count, f"{count} times: {event}")
    return said(logs, event)


async def started(logs: Sequence[EventDict], count: int) -> list[int]:
    """The process ids of so many starts."""
    return [line["pid"] for line in await told(logs, "worker started", count)]


async def test_sigterm_ends_all_in_order() -> None:
    scene = Scene(lambda *_: WAITS, 3)
    with capture_logs() as logs:
        running = asyncio.create_task(scene.crew.run())
        await started(logs, 3)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await running == 0
    assert sorted(scene.starts) == [(0, True), (1, True), (2, True)]


async def test_a_second_signal_changes_nothing() -> None:
    scene = Scene(lambda *_: WAITS, 1)
    with capture_logs() as logs:
        running = asyncio.create_task(scene.crew.run())
        await started(logs, 1)
        scene.crew.stop()
        scene.crew.stop()
        assert await running == 0
    assert len(said(logs, "stopping the workers")) == 1


async def test_a_worker_that_ends_is_started_again_after_growing_pauses() -> None:
    scene = Scene(lambda number, _: "raise SystemExit(70)" if number else WAITS, 2)
    with capture_logs() as logs:
        running = asyncio.create_task(scene.crew.run())
        for ends, pause_s in ((1, 1), (2, 2), (3, 4)):
            await told(logs, AGAIN, ends)
            await scene.clock.advance(pause_s)
        await told(logs, "worker started", 5)
        scene.crew.stop()
        await running
    assert [(line["worker"], line["pause_s"]) for line in said(logs, AGAIN)][:3] == [(1, 1), (1, 2), (1, 4)]
    assert scene.starts[2:5] == [(1, False)] * 3


async def test_a_killed_worker_is_started_again() -> None:
    scene = Scene(lambda *_: WAITS, 1)
    with capture_logs() as logs:
        running = asyncio.create_task(scene.crew.run())
        (pid,) = await started(logs, 1)
        os.kill(pid, signal.SIGKILL)
        await told(logs, AGAIN)
        await scene.clock.advance(1)
        await started(logs, 2)
        scene.crew.stop()
        assert await running == 0
    assert "SIGKILL" in said(logs, AGAIN)[0]["detail"]


async def test_a_stop_during_a_pause_waits_for_nobody() -> None:
    scene = Scene(lambda *_: "raise SystemExit(3)", 1)
    with capture_logs() as logs:
        running = asyncio.create_task(scene.crew.run())
        await told(logs, AGAIN)
        scene.crew.stop()
        assert await running == 0
    assert len(scene.starts) == 1


async def test_what_needs_a_person_ends_all() -> None:
    scene = Scene(lambda number, _: "raise SystemExit(2)" if number else WAITS, 3)
    with capture_logs() as logs:
        assert await scene.crew.run() == 2
    assert len(said(logs, "a worker needs a person: all are stopped")) >= 1


async def test_a_worker_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    deaf = (
        "import pathlib, signal, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "sys.stdin.read()"
    )
    scene = Scene(lambda *_: deaf, 1)
    with capture_logs() as logs:
        running = asyncio.create_task(scene.crew.run())
        await until(ready.exists, "it ignores SIGTERM")
        scene.crew.stop()
        await scene.clock.advance(STOP_WITHIN_S)
        assert await running == 128 + signal.SIGKILL
    assert [line["worker"] for line in said(logs, "a worker did not stop in time and is killed")] == [0]


async def test_sighup_reaches_every_worker_and_ends_none_that_has_just_begun() -> None:
    """A new process does not mind SIGHUP: it is held back until the program asks for it."""
    asks = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGHUP, lambda *_: os._exit(7))\n"
        "signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})\n"
        "sys.stdin.read()"
    )
    scene = Scene(lambda _, is_first: asks if is_first else WAITS, 2)
    with capture_logs() as logs:
        running = asyncio.create_task(scene.crew.run())
        while len(said(logs, "worker started")) < 2:  # noqa: ASYNC110 (nothing tells, and looking must not wait)
            await asyncio.sleep(0)  # the signal is to come as early as it can
        os.kill(os.getpid(), signal.SIGHUP)
        ends = await told(logs, AGAIN, 2)
        scene.crew.stop()
        await running
    assert {line["detail"] for line in ends} == {"it ended with code 7"}


async def test_a_program_that_is_not_there_is_tried_again() -> None:
    scene = Scene(lambda *_: "", 1)
    scene.crew = WorkerCrew(lambda *_: ["/nowhere/python"], 1, scene.clock, stop_within_s=STOP_WITHIN_S)
    with capture_logs() as logs:
        running = asyncio.create_task(scene.crew.run())
        await told(logs, AGAIN)
        scene.crew.stop()
        assert await running == 0
    assert "cannot be started" in said(logs, AGAIN)[0]["detail"]
