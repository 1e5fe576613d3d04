"""Workers that their group has given up: one of two with the same name, and one that slept too long."""

import time
from datetime import datetime
from itertools import pairwise

import pytest

from pipeline.cli.exits import ExitCode
from tests.support.reconciled import reconciled
from tests.support.waiting import until
from tests.support.worker.events import tracks
from tests.support.worker.feed import feeding
from tests.support.worker.process import Worker
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka


async def test_of_two_workers_with_one_name_the_first_ends_and_says_why(scene: Scene) -> None:
    config = scene.config(kafka={"group_instance_id": "twin"})
    await scene.produce(tracks(100))
    first = await scene.started(config)
    await scene.accounted(100)
    second = await scene.started(config)

    assert await first.ended() == ExitCode.USAGE

    (why,) = first.said("worker ends")
    assert "kafka.group_instance_id twin" in why["detail"]
    await scene.produce(tracks(100, first=100))
    await scene.accounted(200)
    assert second.openings == [0, 1, 2, 3], "the first has not taken the name back"
    assert await second.stop() == 0
    (await scene.account()).check_clean()


def _sent_by(scene: Scene, agent: str, since_ms: float, until_ms: float) -> int:
    """How many requests of this user-agent came in that time."""
    return sum(
        request.headers["user-agent"] == agent and since_ms < request.received_at_ms < until_ms
        for request in scene.sandbox.received()
    )


def _first_opening_ms(worker: Worker, after: int) -> float:
    """When the worker opened a partition, after so many openings."""
    told = worker.said("partition open")[after]["timestamp"]
    return datetime.fromisoformat(told).timestamp() * 1000


@pytest.mark.slow
async def test_a_worker_that_slept_through_its_session_sends_nothing_more(scene: Scene) -> None:
    """It wakes with answers to read and events waiting: all that it held is another's by now."""
    group = {"group": scene.pipeline()}
    patient = {"user_agent": "sleeper", "timeout": "30s", "drain": "45s"}  # however long it sleeps
    config = scene.config("sleeper", kafka=group, delivery=patient)
    sleeper = await scene.started(config)
    async with feeding(scene, per_s=50, visitors=60, delay_ms=300) as feed:
        await scene.arrived(40)
        sleeper.freeze()
        other = await scene.started(scene.config("other", kafka=group))
        await scene.arrived(len(scene.sandbox.received()) + 40)

        openings, woken_ms = len(sleeper.openings), time.time() * 1000
        sleeper.thaw()
        await until(lambda: len(sleeper.openings) > openings, "the sleeper has partitions again")

    await scene.accounted(feed.count)
    assert [await sleeper.stop(), await other.stop()] == [0, 0]
    assert _sent_by(scene, "sleeper", woken_ms, _first_opening_ms(sleeper, openings)) == 0
    assert (await scene.book()).void > 0, "what it had to say was too late"
    (await scene.account()).check()
    found = await reconciled(config)
    assert (found.exit_code, found.wrong, found.total("complete")) == (ExitCode.FINE, {}, feed.count)
    assert found.total("void") > 0


@pytest.mark.slow
async def test_a_worker_that_slept_does_not_undo_what_others_have_committed(scene: Scene) -> None:
    """The group is empty when it wakes: the broker would take a commit of anybody."""
    await scene.produce(tracks(200, visitors=20, delay_ms=300))
    config = scene.config()
    sleeper = await scene.started(config)
    await scene.arrived(40)
    sleeper.freeze()
    other = await scene.started(config)
    await scene.accounted(200)
    assert await other.stop() == 0

    sleeper.thaw()
    await until(lambda: len(sleeper.openings) > scene.partitions, "the sleeper has partitions again")

    assert await sleeper.stop() == 0
    for epochs in (await scene.book()).epochs.values():
        assert all(before < after for before, after in pairwise(epochs)), epochs
    (await scene.account()).check()
    found = await reconciled(config)
    assert (found.exit_code, found.wrong, found.total("complete")) == (ExitCode.FINE, {}, 200)
