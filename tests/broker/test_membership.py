"""Workers that their group has given up: one of two with the same name, and one that slept too long."""

from itertools import pairwise

import pytest

from pipeline.cli.exits import ExitCode
from tests.support.waiting import until
from tests.support.worker.events import tracks
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
