"""`run --workers`: several workers under one parent, real signals, and everything accounted for."""

import os
import signal
from typing import Any

import pytest

from pipeline.cli.exits import ExitCode
from tests.support.reconciled import reconciled
from tests.support.waiting import until
from tests.support.worker.events import tracks
from tests.support.worker.process import Worker
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

SETTINGS: dict[str, Any] = {
    "kafka": {"session_timeout": "30s", "group_instance_id": "crew"},
    "delivery": {"timeout": "20s", "drain": "40s"},
}
"""A worker that is started again gets its partitions back at once, under the name that is its own."""


def pids(parent: Worker) -> dict[int, list[int]]:
    """The process ids of each worker, in the order of their starts."""
    found: dict[int, list[int]] = {}
    for line in parent.said("worker started"):
        found.setdefault(line["worker"], []).append(line["pid"])
    return found


async def sharing(scene: Scene, *options: str) -> Worker:
    """A parent whose two workers both have partitions."""
    parent = scene.start(scene.config(**SETTINGS), options=("--workers", "2", *options))
    await parent.ready(4)
    await until(lambda: {line["worker"] for line in parent.said("partition open")} == {0, 1}, "both work", 60)
    return parent


async def test_a_killed_worker_is_started_again_and_everything_is_accounted_for(scene: Scene) -> None:
    await scene.produce(tracks(400, visitors=200, delay_ms=10))
    parent = await sharing(scene)
    await scene.produce(tracks(400, visitors=200, first=400, delay_ms=10))
    await scene.arrived(450)
    os.kill(pids(parent)[1][0], signal.SIGKILL)
    await until(lambda: len(pids(parent)[1]) == 2, "worker 1 is started again")
    await scene.accounted(800)

    assert await parent.stop() == 0

    (await scene.account()).check()
    assert [line["exit_code"] for line in parent.said("worker stopped")] == [0, 0]
    found = await reconciled(scene.config(**SETTINGS))
    assert (found.exit_code, found.wrong, found.total("complete")) == (ExitCode.FINE, {}, 800)


async def test_a_stop_of_the_parent_leaves_no_trace(scene: Scene) -> None:
    await scene.produce(tracks(600, visitors=300, delay_ms=50))
    parent = await sharing(scene)
    parent.hang_up()
    await until(lambda: len(parent.said("the configuration was read again")) == 2, "SIGHUP is passed on")
    assert not parent.said("changes of the configuration need a restart")
    assert await parent.stop() == 0
    again = await sharing(scene)
    await scene.accounted(600)

    assert await again.stop() == 0
    (await scene.account()).check_clean()


async def test_workers_end_in_order_when_their_parent_is_killed(scene: Scene) -> None:
    await scene.produce(tracks(600, visitors=300, delay_ms=50))
    parent = await sharing(scene)
    await parent.kill()
    await until(lambda: len(parent.said("worker stopped")) == 2, "both have ended", 60)
    assert [line["exit_code"] for line in parent.said("worker stopped")] == [0, 0]

    last = await sharing(scene)
    await scene.accounted(600)
    assert await last.stop() == 0
    (await scene.account()).check_clean()
