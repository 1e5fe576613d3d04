"""A worker whose broker stops answering ends when it is told to; else it waits, and goes on by itself.

A verb that writes ends as well.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from pipeline.adapters import event_producer
from pipeline.adapters.kafka_errors import BrokerUnreachableError
from pipeline.config.kafka import Kafka
from tests.support.kafka.broker import Broker
from tests.support.kafka.cluster import Cluster
from tests.support.waiting import until
from tests.support.worker.events import tracks
from tests.support.worker.pages import ANY_PORT, get, readiness, scraped
from tests.support.worker.scene import Scene, open_scene

pytestmark = pytest.mark.kafka

QUICK: Final[dict[str, Any]] = {
    "delivery": {"concurrency": 4, "timeout": "4s", "drain": "8s"},
    "audit": {"timeout": "4s"},
}
LEAVING_S: Final = 15.0
"""Beyond its drain a worker needs five seconds for the last commit, five for its connections, a moment."""

PATIENT: Final = {"session_timeout": "60s"}
"""A broker that wakes up has counted the time: with less it might take the partitions away."""

DRAIN_S: Final = 8.0
NOT_ACKNOWLEDGED: Final = "the audit is not acknowledged: reading it back"


@pytest.fixture
async def scene(lone_node: Cluster, unique: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """A scene on a node of its own, which the test may freeze."""
    broker = Broker(lone_node.bootstrap_servers, "a node of the test's own")
    async with open_scene(broker, tmp_path, unique) as made:
        yield made


@contextmanager
def frozen(node: Cluster) -> Iterator[None]:
    """The node keeps its connections and answers nothing."""
    pid = node.nodes[1].pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def _passes(seconds: float) -> None:
    end_s = time.monotonic() + seconds
    await until(lambda: time.monotonic() > end_s, "the time passes", seconds + 5)


async def test_an_idle_worker_stops_within_its_time(scene: Scene, lone_node: Cluster) -> None:
    await scene.produce(tracks(20))
    worker = await scene.started(scene.config(**QUICK))
    await scene.accounted(20)

    with frozen(lone_node):
        worker.ask_to_stop()
        code = await worker.ended(DRAIN_S + LEAVING_S)

    assert code == 0
    assert worker.said("the last commit failed; the next worker reads the audit")


async def test_a_worker_without_its_broker_is_alive_and_not_ready(scene: Scene, lone_node: Cluster) -> None:
    worker = await scene.started(scene.config(**QUICK, admin=ANY_PORT))
    assert (await scraped(worker, lambda _: True)).values("lease_held") == [1]

    with frozen(lone_node):
        told = await readiness(worker, 503)
        alive, _ = await get(worker, "/live")
        metrics = await scraped(worker, lambda found: found.values("commits_failed_total") != [0])

    assert (told["because"], alive, metrics.values("lease_held")) == (["lease_lost"], 200, [0])
    await readiness(worker, 200)
    assert await worker.stop() == 0


async def test_a_busy_worker_stops_within_its_time_and_loses_nothing(
    scene: Scene, lone_node: Cluster
) -> None:
    await scene.produce(tracks(400, visitors=200, delay_ms=50))
    worker = await scene.started(scene.config(**QUICK))
    await scene.arrived(50)

    with frozen(lone_node):
        worker.ask_to_stop()
        code = await worker.ended(DRAIN_S + LEAVING_S)

    assert code == 0
    assert worker.said("the last commit failed; the next worker reads the audit")
    last = await scene.started(scene.config(**QUICK))
    await scene.accounted(400)
    assert await last.stop() == 0
    (await scene.account()).check()


async def test_a_busy_worker_waits_and_goes_on_by_itself(scene: Scene, lone_node: Cluster) -> None:
    """While the broker is slow, answering each other second only, and when it answers no more."""
    await scene.produce(tracks(400, visitors=200, delay_ms=50))
    worker = await scene.started(scene.config(**QUICK, kafka=PATIENT))
    for turn in range(1, 4):
        with frozen(lone_node):
            await _passes(1.0)
        await scene.arrived(turn * 20)

    with frozen(lone_node):
        await until(lambda: worker.said(NOT_ACKNOWLEDGED), "it does not notice", 4 * DRAIN_S)
    await scene.accounted(400)

    assert await worker.stop() == 0
    found = await scene.account()
    found.check()
    assert found.sent_again == found.flagged == set(), "what was answered is told again, not sent again"


class Producing:
    """`produce` on what the test puts in: the first line is acknowledged."""

    def __init__(self, node: Cluster) -> None:
        self.lines: asyncio.Queue[list[bytes] | None] = asyncio.Queue()
        self.said = event_producer.Produced()
        kafka = Kafka.model_validate({"bootstrap_servers": node.bootstrap_servers})
        self.task = asyncio.ensure_future(
            event_producer.produce(kafka, node.topic(), self._chunks(), self.said, lambda _: None)
        )
        self.lines.put_nowait([b"{}"])

    async def _chunks(self) -> AsyncIterator[list[bytes]]:
        while (found := await self.lines.get()) is not None:
            yield found

    async def is_acknowledged(self) -> None:
        await until(lambda: self.said.acknowledged == 1, "the first line is acknowledged", 60)

    async def waits(self) -> None:
        """The broker was asked once more, and does not answer."""
        self.lines.put_nowait([b"{}"])
        await until(lambda: self.said.lines == 2, "the second line is sent")


async def test_producing_that_is_interrupted_does_not_wait_for_a_broker_that_is_silent(
    lone_node: Cluster,
) -> None:
    producing = Producing(lone_node)
    await producing.is_acknowledged()
    with frozen(lone_node):
        await producing.waits()
        producing.task.cancel()
        _, unfinished = await asyncio.wait({producing.task}, timeout=30)
    assert not unfinished
    assert producing.said.acknowledged == 1


async def test_producing_ends_where_nothing_is_acknowledged_for_long(
    lone_node: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_producer, "_SILENCE_S", 2.0)
    producing = Producing(lone_node)
    await producing.is_acknowledged()
    with frozen(lone_node):
        await producing.waits()
        producing.lines.put_nowait(None)
        _, unfinished = await asyncio.wait({producing.task}, timeout=30)
        assert not unfinished
    with pytest.raises(BrokerUnreachableError, match="nothing was acknowledged for 2 s"):
        producing.task.result()
    assert producing.said.acknowledged == 1
