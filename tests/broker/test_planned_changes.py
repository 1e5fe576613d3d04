"""Changes that somebody plans, under load and with a slow endpoint: nothing sent twice, nothing suspected."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.worker.driven import program
from tests.support.worker.events import letter, track
from tests.support.worker.feed import feeding
from tests.support.worker.process import Worker
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

SLOW: dict[str, Any] = {"delay_ms": 300}

PATIENT: dict[str, Any] = {"session_timeout": "30s"}
"""Nobody dies here, and a busy machine is no death either."""


def _member(scene: Scene, name: str, **kafka: Any) -> Path:
    """The configuration of one of several workers of the same pipeline."""
    return scene.config(name, kafka={"group": scene.pipeline(), **PATIENT, **kafka})


async def _end(scene: Scene, count: int, workers: list[Worker]) -> None:
    """Wait for the accounts of so many records, stop the workers, and look for any repetition."""
    await scene.accounted(count)
    assert [await worker.stop() for worker in workers] == [0] * len(workers)
    (await scene.account()).check_clean()


@pytest.mark.slow
async def test_a_rolling_restart_moves_partitions_without_a_trace(scene: Scene) -> None:
    config = scene.config(kafka=PATIENT)
    async with feeding(scene, **SLOW) as feed:
        workers = [scene.start(config) for _ in range(3)]
        await scene.shared_out(workers)
        for number in range(3):
            assert await workers[number].stop() == 0
            workers[number] = scene.start(config)
            await scene.shared_out(workers)
    await _end(scene, feed.count, workers)


@pytest.mark.slow
async def test_a_rolling_restart_of_named_workers_moves_no_partition(scene: Scene) -> None:
    """A worker with a name of its own comes back to its partitions, and the others do not notice."""
    configs = [_member(scene, name, group_instance_id=name) for name in "abc"]
    async with feeding(scene, **SLOW) as feed:
        workers = [scene.start(config) for config in configs]
        await scene.shared_out(workers)
        held = [worker.held for worker in workers]
        openings = [len(worker.openings) for worker in workers]
        for number, config in enumerate(configs):
            assert await workers[number].stop() == 0
            workers[number] = scene.start(config)
            await workers[number].ready(len(held[number]))
            openings[number] = len(held[number])
    await _end(scene, feed.count, workers)
    assert [set(worker.openings[-len(own) :]) for worker, own in zip(workers, held, strict=True)] == held
    assert [len(worker.openings) for worker in workers] == openings


@pytest.mark.slow
async def test_one_worker_becomes_four_and_then_two(scene: Scene) -> None:
    config = scene.config(kafka=PATIENT)
    async with feeding(scene, **SLOW) as feed:
        workers = [await scene.started(config)]
        workers += [scene.start(config) for _ in range(3)]
        await scene.shared_out(workers)
        leaving, workers = workers[:2], workers[2:]
        for worker in leaving:
            worker.ask_to_stop()
        assert [await worker.ended() for worker in leaving] == [0, 0]
        await scene.shared_out(workers)
    await _end(scene, feed.count, workers)


@pytest.mark.slow
async def test_partitions_are_added_under_load(scene: Scene) -> None:
    """First to the events; then, by `topics apply`, to the audit and the replays."""
    config = scene.config(kafka=PATIENT)
    workers = [scene.start(config, program("curious")) for _ in range(2)]
    async with feeding(scene, **SLOW) as feed:
        await scene.shared_out(workers)
        scene.operator.add_partitions(scene.kafka.topics.events, 6)
        await scene.produce([letter(track(n, f"new-{n}"), 4 + n % 2) for n in range(10_000, 10_040)])
        await scene.apply_topics()
        scene.partitions = 6
        await scene.shared_out(workers)
    await _end(scene, feed.count + 40, workers)
