"""One worker process: its connections, its running tasks, and how it ends."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer

from pipeline.adapters.admin_pages import AdminPages
from pipeline.adapters.kafka_dead_letters import KafkaDeadLetters
from pipeline.adapters.kafka_errors import BrokerError
from pipeline.adapters.kafka_lag import LagWatch
from pipeline.adapters.kafka_log import KafkaAuditLog
from pipeline.adapters.kafka_log_errors import log_errors
from pipeline.adapters.kafka_source import KafkaSource
from pipeline.core.bug_report import kind_of, places_of
from pipeline.core.exit_code import ExitCode
from pipeline.core.health import Condition, Health, health
from pipeline.engine.assignment import Chunk
from pipeline.engine.engine import Engine
from pipeline.engine.opening import StartRefusedError
from pipeline.engine.standstill import StandstillError
from pipeline.ports import Destination, LogUnavailable, Tracer

log = structlog.get_logger("pipeline.worker")


_DISCONNECT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker is made of; `pipeline.bootstrap` puts it together."""

    audit_log: KafkaAuditLog
    consumer: AIOKafkaConsumer
    dead_letters: KafkaDeadLetters
    destination: Destination
    engine: Engine
    lag: LagWatch
    source: KafkaSource
    tracer: Tracer | None = None


class KafkaWorker:
    """One membership of the consumer group: source, delivery and audit.

    `compose` is called inside the running loop; `watch` runs beside the engine. `exit_code` is what
    the process is to end with; `on_crash` is called once when it has to end.
    """

    def __init__(
        self,
        compose: Callable[[], Parts],
        pages: AdminPages,
        watch: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self._compose = compose
        self._watch = watch
        self._pages = pages
        self._parts: Parts | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._releasing: asyncio.Task[None] | None = None
        self._is_crashed = False
        self._is_stopping = False
        self.exit_code: int = ExitCode.FINE
        self.on_crash: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Connect to the brokers. Raises LogUnavailable, BrokerError."""
        await self._pages.start(self.health)
        parts = self._parts = self._compose()
        await parts.audit_log.start()
        await parts.dead_letters.start()
        with log_errors("connecting"):
            await parts.consumer.start()

    async def run(self, deliver: Callable[[Chunk], Awaitable[None]]) -> None:
        """Read, deliver, audit and commit until an exception or until `stop`."""
        parts = self._made()
        async with asyncio.TaskGroup() as group:
            self._tasks = [
                group.create_task(_for_ever(service))
                for service in (
                    parts.source.run(deliver),
                    *parts.engine.services(),
                    parts.lag.run(),
                    self._watch(),
                )
            ]

    def process(self, chunk: Chunk) -> None:
        """Decode, trigger, map and validate a chunk's records and queue them for delivery."""
        self._made().engine.process(chunk)

    def crash(self, error: BaseException) -> None:
        """End the process, and note why; nothing is committed any more."""
        if self._is_crashed:
            return
        self._is_crashed = True
        if self._parts is not None:
            self._parts.source.handover.abandon()
        leaves = list(_leaves(error))
        self.exit_code = max(map(_exit_code, leaves))
        for told in dict.fromkeys(map(_told, leaves)):
            _report(told, self.exit_code)
        for task in (*self._tasks, self._releasing):
            if task is not None:
                task.cancel()
        self.on_crash()

    async def stop(self) -> None:
        """Finish what is under way, commit, disconnect. After a crash: only disconnect."""
        self._is_stopping = True
        if self._parts is not None:
            await self._finish(self._parts)
        await self._pages.stop()

    async def _finish(self, parts: Parts) -> None:
        if self._tasks and not self._is_crashed:
            await self._release(parts)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await _disconnect(parts)
        log.info("worker stopped", exit_code=self.exit_code)

    def health(self) -> Health:
        """Whether the worker is ready, as of now."""
        parts = self._parts
        if parts is None or not self._tasks:
            return health(Condition(is_stopping=self._is_stopping))
        partitions = parts.engine.partitions
        return health(
            Condition(
                is_connected=True,
                is_stopping=self._is_stopping or self._is_crashed,
                has_joined=parts.source.handover.has_joined,
                assigned=len(parts.consumer.assignment()),
                open=len(partitions.held),
                is_lease_held=partitions.is_lease_held,
                is_brake_on=parts.engine.braking.is_on,
                is_audit_refused=partitions.refused > 0,
                breaker=parts.engine.gate.breaker,
            )
        )

    async def _release(self, parts: Parts) -> None:
        reading, *_ = self._tasks
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        self._releasing = asyncio.create_task(parts.source.handover.release())
        await asyncio.wait({self._releasing})
        if self._releasing.cancelled():
            return
        match self._releasing.exception():
            case None:
                return
            case LogUnavailable() as error:
                log.warning("the last commit failed; the next worker reads the audit", detail=str(error))
            case error:
                self.crash(error)

    def _made(self) -> Parts:
        if self._parts is None:
            raise AssertionError("the worker was not started")
        return self._parts


async def _for_ever(service: Coroutine[Any, Any, None]) -> None:
    """A service ends by our cancellation or by an exception; if it ends otherwise, that is a bug."""
    try:
        await service
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
    raise RuntimeError("a service has ended that runs for ever")


async def _disconnect(parts: Parts) -> None:
    """Close all connections; brokers that do not answer are not waited for."""
    closing = [
        asyncio.create_task(close())
        for close in (
            parts.consumer.stop,
            parts.audit_log.stop,
            parts.dead_letters.stop,
            parts.destination.close,
            *(() if parts.tracer is None else (parts.tracer.close,)),
        )
    ]
    _, unfinished = await asyncio.wait(closing, timeout=_DISCONNECT_S)
    for task in unfinished:
        task.cancel()
    await asyncio.gather(*closing, return_exceptions=True)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _exit_code(error: BaseException) -> ExitCode:
    match error:
        case StartRefusedError():
            return ExitCode.USAGE
        case LogUnavailable() | BrokerError():
            return ExitCode.UNREACHABLE
        case _:
            return ExitCode.BUG


_Told = tuple[str, tuple[str, ...]]
"""A sentence for people, or for a bug the kind of error and the places in the code."""


def _told(error: BaseException) -> _Told:
    """What is said of an error. A bug's own text might quote an event: only its place is told."""
    if _exit_code(error) != ExitCode.BUG or isinstance(error, StandstillError):
        return str(error), ()
    return kind_of(error), tuple(places_of(error))


def _report(told: _Told, exit_code: int) -> None:
    """Log why the process ends: one line a cause, however many tasks it ended."""
    text, places = told
    if places:
        log.critical("worker ends: a bug", error=text, where=list(places), exit_code=exit_code)
    else:
        log.critical("worker ends", detail=text, exit_code=exit_code)
