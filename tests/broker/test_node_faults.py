"""Nodes of three that stop, die and come back: workers hold, go on by themselves, and lose nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.kafka.broker import Broker
from tests.support.kafka.cluster import Cluster
from tests.support.waiting import until
from tests.support.worker.events import tracks
from tests.support.worker.feed import feeding
from tests.support.worker.process import Worker
from tests.support.worker.scene import Scene, open_scene

pytestmark = pytest.mark.kafka

HELD_BYTES = 60_000_000


@pytest.fixture
async def scene(three_nodes: Cluster, unique: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """A scene on three nodes, every record on all of them."""
    broker = Broker(three_nodes.bootstrap_servers, "three nodes of the tests' own", copies=3)
    async with open_scene(broker, tmp_path, unique) as made:
        yield made


async def _come_back(nodes: Cluster) -> None:
    """Start what does not run. Only the main thread may start a node, and the sandbox needs it back."""
    for node in nodes.nodes.values():
        if not node.is_running:
            node.spawn()
    await asyncio.to_thread(nodes.wait_ready)


@pytest.mark.slow
async def test_each_node_restarts_in_turn_under_load(scene: Scene, three_nodes: Cluster) -> None:
    """Every partition changes its leader, the group its coordinator; one node dies without a word."""
    workers = [scene.start(scene.config()) for _ in range(2)]
    await scene.shared_out(workers)
    async with feeding(scene, delay_ms=100) as feed:
        for number, end in ((1, three_nodes.stop), (2, three_nodes.kill), (3, three_nodes.stop)):
            await asyncio.to_thread(end, number)
            await scene.arrived(len(scene.sandbox.received()) + 50)
            await _come_back(three_nodes)
            assert await scene.beyond_audit() == []
    await scene.accounted(feed.count, timeout_s=60)

    assert [await worker.stop() for worker in workers] == [0, 0]
    (await scene.account()).check()


async def _lasts(seconds: float, worker: Worker) -> list[int]:
    """What the worker holds in memory while there is no broker."""
    began, held = time.monotonic(), [worker.rss_bytes]

    def look() -> bool:
        assert worker.is_running, worker.tail()
        held.append(worker.rss_bytes)
        return time.monotonic() - began > seconds

    await until(look, "the outage", seconds + 5)
    return held


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [15, pytest.param(60, marks=pytest.mark.minutes)])
async def test_without_any_broker_a_worker_holds_and_goes_on(
    scene: Scene, three_nodes: Cluster, seconds: float
) -> None:
    """Longer than its session, the time limits of its clients and of the audit."""
    await scene.produce(tracks(3000, visitors=300, delay_ms=50))
    worker = await scene.started(scene.config(audit={"timeout": "4s"}))
    await scene.arrived(500)

    await asyncio.gather(*(asyncio.to_thread(three_nodes.kill, number) for number in (1, 2, 3)))
    held = await _lasts(seconds, worker)
    sent = len(scene.sandbox.received())
    await _lasts(2, worker)
    assert len(scene.sandbox.received()) == sent, "nothing is sent without a lease"
    await _come_back(three_nodes)
    await scene.accounted(3000, timeout_s=90)

    assert await worker.stop() == 0
    assert worker.said("commit failed, tried again in a moment"), "it says so"
    assert max(held) - held[0] < HELD_BYTES
    (await scene.account()).check()
