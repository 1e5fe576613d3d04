"""SIGTERM and rebalances in mid-flow: nothing lost, nothing sent again, nothing suspected."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import until
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.process import Worker
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

PATIENT: dict[str, Any] = {
    "kafka": {"session_timeout": "30s"},
    "delivery": {"timeout": "30s", "drain": "45s"},
}
"""Nobody dies here, and a busy machine is neither a death nor an answer that does not come."""


@pytest.mark.slow
async def test_stops_in_mid_flow_leave_no_trace(scene: Scene) -> None:
    await scene.produce(tracks(1500, visitors=700, delay_ms=100))
    config = scene.config(**PATIENT)

    for arrivals in (200, 600, 1000):
        worker = await scene.started(config)
        await scene.arrived(arrivals)
        assert await worker.stop() == 0
    last = await scene.started(config)
    await scene.accounted(1500)

    assert await last.stop() == 0
    (await scene.account()).check_clean()


async def test_a_stop_waits_for_a_slow_answer(scene: Scene) -> None:
    await scene.produce([letter(track(1, properties={"sandbox": {"delay_ms": 3000}}))])
    worker = await scene.started(scene.config(**PATIENT))
    await scene.arrived(1)

    assert await worker.stop() == 0

    await scene.accounted(1)
    (await scene.account()).check_clean()


async def test_a_stop_commits_what_is_settled(scene: Scene) -> None:
    await scene.produce(tracks(100))
    worker = await scene.started(scene.config(**PATIENT))
    await scene.accounted(100)

    assert await worker.stop() == 0

    commits = await scene.operator.commits(scene.pipeline(), scene.kafka.topics.events)
    ends = dict.fromkeys(range(4), 25)
    assert {number: offset for number, (offset, _) in commits.items()} == ends
    assert [told.is_open for _, told in commits.values() if told] == [False] * 4


async def test_a_worker_joins_and_the_first_leaves(scene: Scene) -> None:
    """One request is under way all the while, slower than the hand-over of everything else."""
    slow = letter(track(5000, "slow", properties={"sandbox": {"delay_ms": 3000}}), partition=0)
    await scene.produce(tracks(300, visitors=150, delay_ms=30))
    config = scene.config(**PATIENT)
    first = await scene.started(config)
    await scene.produce([slow, *tracks(1200, visitors=150, first=300, delay_ms=30)])

    second = scene.start(config)
    await second.ready(2)
    assert await first.stop() == 0
    await second.ready(2 + 4)
    await scene.accounted(1501)

    assert await second.stop() == 0
    (await scene.account()).check_clean()


async def _busy(scene: Scene, config: Path) -> Worker:
    """A worker that waits for eight slow answers, two of each partition."""
    story = {"sandbox": {"delay_ms": 8000}}
    slow = [letter(track(n, f"slow-{n}", properties=story), n % 4) for n in range(8)]
    worker = await scene.started(config)
    await scene.produce([*slow, *tracks(200, first=100)])
    await scene.arrived(8)
    return worker


@pytest.mark.slow
async def test_a_stop_during_a_hand_over_does_not_cut_it_short(scene: Scene) -> None:
    """The first worker is told to stop while it waits for slow answers before it hands over."""
    config = scene.config(**PATIENT)
    first = await _busy(scene, config)
    second = scene.start(config)
    await until(lambda: first.said("giving partitions back"), "the hand-over")

    assert await first.stop() == 0
    await second.ready(4)
    await scene.accounted(208)

    assert await second.stop() == 0
    (await scene.account()).check_clean()


@pytest.mark.slow
async def test_a_worker_that_joins_while_another_drains_to_stop_waits(scene: Scene) -> None:
    """Until the last answer is there and committed, no other worker may have the partitions."""
    config = scene.config(**PATIENT)
    first = await _busy(scene, config)
    second = scene.start(config)

    first.ask_to_stop()
    await scene.rebalancing()
    assert await first.ended() == 0
    await second.ready(4)
    await scene.accounted(208)

    assert await second.stop() == 0
    (await scene.account()).check_clean()


async def test_workers_that_start_and_stop_together_settle(scene: Scene) -> None:
    """Rebalances come while partitions are still being opened."""
    await scene.produce(tracks(1000, visitors=300, delay_ms=20))
    config = scene.config(**PATIENT)
    workers = [scene.start(config) for _ in range(3)]
    for worker in workers:
        await worker.ready(1)

    assert await workers[0].stop() == 0
    await scene.accounted(1000)

    assert [await worker.stop() for worker in workers[1:]] == [0, 0]
    (await scene.account()).check_clean()
