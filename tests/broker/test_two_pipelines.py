"""Two pipelines on one events topic and one audit topic do not know of each other."""

import pytest

from pipeline.adapters.sandbox import Sandbox
from tests.support.worker.accounts import account
from tests.support.worker.events import tracks
from tests.support.worker.scene import Scene, sandbox_settings

pytestmark = pytest.mark.kafka


async def test_each_is_complete(scene: Scene) -> None:
    """One is killed and comes back meanwhile: it reads only its own audit."""
    async with Sandbox(sandbox_settings()) as other:
        one = scene.config("one", kafka={"group_instance_id": "worker"})
        two = scene.config("two", delivery={"endpoint": other.endpoint})
        await scene.produce(tracks(1500, visitors=500, delay_ms=20))
        first, second = scene.start(one), scene.start(two)
        await first.ready(4)
        await second.ready(4)
        await scene.arrived(400)
        await first.kill()
        again = await scene.started(one)
        await scene.accounted(1500, "one")
        await scene.accounted(1500, "two")

        assert [await again.stop(), await second.stop()] == [0, 0]
        (await scene.account("one")).check()
        outcomes = (await scene.book("two")).outcomes
        account(await scene.events(), outcomes, other.received()).check_clean()
