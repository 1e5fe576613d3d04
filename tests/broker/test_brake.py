"""The brake of real workers: it holds across restarts, says why, and an operator releases it."""

import pytest

from pipeline.adapters.sandbox import Faults, Story
from tests.support.waiting import until
from tests.support.worker.events import tracks
from tests.support.worker.pages import ANY_PORT, readiness
from tests.support.worker.process import Worker
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

EVENTS = 200
IN_A_ROW, CONCURRENCY = 20, 8
ON = "the brake is on: nothing is sent"


async def _why_it_holds(worker: Worker) -> str:
    """The reason that the log tells; the pages tell so too."""
    said = await until(lambda: worker.said(ON), "the brake is on")
    assert "brake_on" in str(await readiness(worker, 503))
    return str(said[0]["detail"])


async def test_it_holds_across_a_restart_until_an_operator_releases_it(scene: Scene) -> None:
    delivery = {"brake": {"in_a_row": IN_A_ROW}, "concurrency": CONCURRENCY}
    config = scene.config(delivery=delivery, admin=ANY_PORT)
    await scene.produce(tracks(EVENTS))
    scene.sandbox.faults = Faults(Story(statuses=(404,)))
    worker = await scene.started(config)

    assert await _why_it_holds(worker) == f"failed: {IN_A_ROW} in a row"
    assert await worker.stop() == 0
    scene.sandbox.faults = Faults()
    failed = len(scene.sandbox.received())
    assert IN_A_ROW <= failed < IN_A_ROW + CONCURRENCY

    again = await scene.started(config)
    assert (await _why_it_holds(again)).startswith("it was on when the partition was given back")
    assert await again.stop() == 0
    assert len(scene.sandbox.received()) == failed

    released = await scene.started(config, "--release-brake")
    await scene.accounted(EVENTS)
    assert await released.stop() == 0
    assert not released.said(ON)
    found = await scene.account()
    found.check_clean()
    assert found.outcomes == {("failed", "refused"): failed, ("delivered", "accepted"): EVENTS - failed}
