"""The Faust app and its agent.

Faust runs the process: app, agent, services, signals, shut-down. Its own Kafka consumer is not used
(docs/adr/0001): our source puts chunks of records on the app's channel.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Protocol

import faust
import mode

from pipeline.engine.assignment import Chunk


class Worker(Protocol):
    """What the app runs; `pipeline.bootstrap` makes it.

    `exit_code` is what the process is to end with; `on_crash` is called when it has to end.
    """

    exit_code: int
    on_crash: Callable[[], None]

    async def start(self) -> None:
        """Connect to the brokers."""

    async def run(self, deliver: Callable[[Chunk], Awaitable[None]]) -> None:
        """Read, deliver, audit and commit until an exception or cancellation."""

    def process(self, chunk: Chunk) -> None:
        """Decode, trigger, map and validate a chunk's records and queue them for delivery."""

    def crash(self, error: BaseException) -> None:
        """End the process, and note why; nothing is committed any more."""

    async def stop(self) -> None:
        """Finish what is under way, commit, disconnect."""


class Pipeline(mode.Service):  # type: ignore[misc]  # mode has no types
    """The source, the delivery and the audit as one service of the app."""

    def __init__(self, app: faust.App, channel: faust.ChannelT, worker: Worker) -> None:
        super().__init__()
        self._app = app
        self._channel = channel
        self._worker = worker
        self._starting: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None

    async def on_start(self) -> None:
        """Connect and begin to read; a signal that comes meanwhile cuts it short."""
        self._app.flow_control.resume()  # without Faust's consumer nobody else does
        self._starting = asyncio.create_task(self._worker.start())
        await asyncio.wait({self._starting})
        if self.should_stop:
            return
        if (error := self._starting.exception()) is not None:
            self._worker.crash(error)  # the worker knows its exit code, Faust has but one
            return
        self._running = asyncio.create_task(self._worker.run(self._deliver))
        self._running.add_done_callback(self._end)

    async def on_stop(self) -> None:
        """Give the partitions back in order, then disconnect."""
        await _cut_short(self._starting)
        await self._worker.stop()
        await _cut_short(self._running)

    async def _deliver(self, chunk: Chunk) -> None:
        await self._channel.send(value=chunk)

    def _end(self, running: asyncio.Task[None]) -> None:
        if not running.cancelled() and (error := running.exception()) is not None:
            self._worker.crash(error)


async def _cut_short(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _App(faust.App):  # type: ignore[misc]  # faust has no types
    """Faust's app without its folders for tables, which we have none of."""

    def _create_directories(self) -> None:
        """Leave the working directory alone: it may be read-only."""


def create_app(name: str, worker: Worker) -> faust.App:
    """The app with its one agent; it opens no connection of Faust's own to the broker."""
    app = _App(name, broker="kafka://", autodiscover=False, topic_disable_leader=True, web_enabled=False)
    app.boot_strategy = app.BootStrategy(app, enable_kafka=False, enable_web=False)
    channel = app.channel()

    @app.agent(channel, name="segment_to_kameleoon")  # type: ignore[untyped-decorator]  # faust has no types
    async def segment_to_kameleoon(chunks: faust.StreamT[Chunk]) -> None:
        async for chunk in chunks:
            try:
                worker.process(chunk)
            except Exception as error:  # noqa: BLE001 (Faust would restart the agent and drop the chunk)
                worker.crash(error)
                return

    app.service(Pipeline(app, channel, worker))
    return app


def _collect_less_often() -> None:
    """Hardly anything here is garbage in cycles: to look for it each 700 objects takes 5 % of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def run_app(app: faust.App, worker: Worker, loop: asyncio.AbstractEventLoop) -> int:
    """Run the app as this process until a signal or a crash ends it; answers the exit code."""
    process = faust.Worker(app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)
    process.spinner = None  # it would write codes for a terminal into pipes and files
    _collect_less_often()
    ends: list[asyncio.Task[None]] = []
    worker.on_crash = lambda: ends.append(loop.create_task(process.stop()))
    try:
        process.execute_from_commandline()
    except SystemExit as end:
        if end.code and not worker.exit_code:  # Faust failed by itself, and keeps silent about it
            worker.on_crash = lambda: None
            worker.crash(end.__context__ or end)
    return worker.exit_code
