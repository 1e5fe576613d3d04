"""How a worker ends: in time, with the right exit code, and never with an event's text in its log."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

import pytest
from aiokafka.errors import CommitFailedError
from structlog.testing import capture_logs

from pipeline.adapters import kafka_group, kafka_worker
from pipeline.adapters.admin_pages import AdminPages
from pipeline.adapters.kafka_group import KafkaGroup
from pipeline.adapters.kafka_membership import Membership
from pipeline.adapters.kafka_worker import KafkaWorker, Parts
from pipeline.core.commit import CommitMetadata
from pipeline.engine.assignment import Chunk
from pipeline.engine.meter import Meter
from pipeline.ports import Commit, LogUnavailable
from tests.support.admin_pages import tap_page
from tests.support.clock import settle
from tests.support.engine import PARTITION

SECRET = "a trait of a visitor"


class Connection:
    """Connects at once; closes when `is_answering`."""

    def __init__(self, *, is_answering: bool = True) -> None:
        self.is_closed = False
        self._is_answering = is_answering

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def stop(self) -> None:
        if not self._is_answering:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        self.is_closed = True

    close = stop


class Handover:
    """`releasing` is what a release does."""

    def __init__(self, releasing: Callable[[], Awaitable[None]]) -> None:
        self.is_abandoned = False
        self._releasing = releasing

    async def release(self) -> None:
        await self._releasing()

    def abandon(self) -> None:
        self.is_abandoned = True


class Source:
    """Reads for ever."""

    def __init__(self, releasing: Callable[[], Awaitable[None]]) -> None:
        self.handover = Handover(releasing)

    async def run(self, _: Callable[[Chunk], Awaitable[None]]) -> None:
        await asyncio.Event().wait()


class Engine:
    """One service, and nothing to process."""

    def __init__(self, service: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._service = service

    def services(self) -> list[Coroutine[Any, Any, None]]:
        return [self._service()]


class Lag:
    """Looks for ever."""

    async def run(self) -> None:
        await asyncio.Event().wait()


async def for_ever() -> None:
    await asyncio.Event().wait()


async def at_once() -> None:
    await asyncio.sleep(0)


async def a_bug() -> None:
    await asyncio.sleep(0)
    raise ValueError(SECRET)


async def refused(_: Chunk) -> None:
    raise AssertionError("nothing is read here")


class Life:
    """A worker over fakes, run as the app runs it."""

    def __init__(
        self,
        *,
        service: Callable[[], Coroutine[Any, Any, None]] = for_ever,
        releasing: Callable[[], Awaitable[None]] = at_once,
        is_answering: bool = True,
    ) -> None:
        self.connections = [Connection(is_answering=is_answering) for _ in range(4)]
        self.source = Source(releasing)
        consumer, audit_log, dead_letters, destination = self.connections
        parts = Parts(
            audit_log=cast("Any", audit_log),
            consumer=consumer,
            dead_letters=cast("Any", dead_letters),
            destination=cast("Any", destination),
            engine=cast("Any", Engine(service)),
            lag=cast("Any", Lag()),
            source=cast("Any", self.source),
        )
        self.worker = KafkaWorker(lambda: parts, AdminPages(None, Meter(), tap_page()), for_ever)
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.worker.start()
        self._running = asyncio.create_task(self.worker.run(refused))
        self._running.add_done_callback(self._end)
        await settle()

    def _end(self, running: asyncio.Task[None]) -> None:
        if not running.cancelled() and (error := running.exception()) is not None:
            self.worker.crash(error)

    @property
    def is_disconnected(self) -> bool:
        return all(connection.is_closed for connection in self.connections)


async def test_a_stop_in_order_is_fine() -> None:
    life = Life()
    await life.start()

    await life.worker.stop()

    assert (life.worker.exit_code, life.is_disconnected) == (0, True)


async def test_brokers_that_do_not_answer_do_not_hold_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_worker, "_DISCONNECT_S", 0.0)
    life = Life(is_answering=False)
    await life.start()

    async with asyncio.timeout(5):
        await life.worker.stop()

    assert life.worker.exit_code == 0


async def test_a_bug_in_the_release_ends_with_70_and_keeps_its_text() -> None:
    life = Life(releasing=a_bug)
    await life.start()

    with capture_logs() as logs:
        await life.worker.stop()

    assert (life.worker.exit_code, life.source.handover.is_abandoned, life.is_disconnected) == (
        70,
        True,
        True,
    )
    assert SECRET not in str(logs)


@pytest.mark.parametrize("error, code", [(ValueError(SECRET), 70), (LogUnavailable("the audit"), 3)])
async def test_what_fails_while_the_worker_stops_cuts_the_release_short(error: Exception, code: int) -> None:
    """Nothing is committed after a crash, and nobody waits for a drain that cannot end."""
    failing = asyncio.Event()

    async def fails() -> None:
        await failing.wait()
        raise error

    life = Life(service=fails, releasing=for_ever)
    await life.start()
    stopping = asyncio.create_task(life.worker.stop())
    await settle()

    failing.set()
    async with asyncio.timeout(5):
        await stopping

    assert (life.worker.exit_code, life.source.handover.is_abandoned, life.is_disconnected) == (
        code,
        True,
        True,
    )


async def test_a_service_that_ends_in_silence_is_a_bug() -> None:
    """The client's own cancellations look like ours: a worker without its audit would hang for ever."""

    async def cut_short() -> None:
        await asyncio.sleep(0)
        raise asyncio.CancelledError

    for service in (cut_short, at_once):
        life = Life(service=service)
        await life.start()

        assert life.worker.exit_code == 70
        await life.worker.stop()


async def commit_with(consumer: object) -> None:
    membership = Membership("group", None, consumer, {})
    metadata = CommitMetadata(pass_=1, epoch=1, is_open=True, window=1, audit_topic="audit", audit_from=0)
    await asyncio.wait_for(KafkaGroup(membership, consumer, {}).commit({PARTITION: Commit(0, metadata)}), 5)


async def test_a_commit_without_an_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client would try for ever: a release could not end while the broker is gone."""
    monkeypatch.setattr(kafka_group, "_COMMIT_S", 0.0)

    class Silent:
        async def commit(self, _: object) -> None:
            await asyncio.Event().wait()

    with pytest.raises(LogUnavailable, match="committing: TimeoutError"):
        await commit_with(Silent())


async def test_a_commit_after_a_rebalance_is_told_in_one_line() -> None:
    """The client's own text is a page, and names settings that have nothing to do with it."""

    class Left:
        async def commit(self, _: object) -> None:
            raise CommitFailedError("too late")

    with pytest.raises(LogUnavailable, match=r"^committing: the group has rebalanced meanwhile$"):
        await commit_with(Left())
