"""`reconcile` after real workers: at work, killed, with other mappings, from offsets set by hand."""

from typing import Any

import pytest

from pipeline.cli.exits import ExitCode
from tests.support.reconciled import reconciled
from tests.support.worker.events import tracks
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

STATIC = {"group_instance_id": "worker"}
"""A restarted worker gets its partitions back at once."""


def _mappings(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "trigger": 'type = "track"', "action": "logEvent"} for name in names]


async def test_a_running_pipeline_is_reconciled_as_far_as_it_has_committed(scene: Scene) -> None:
    config = scene.config()
    await scene.produce(tracks(300, delay_ms=5))
    worker = await scene.started(config)
    await scene.arrived(100)
    running = await reconciled(config)
    await scene.accounted(300)
    assert await worker.stop() == 0

    stopped = await reconciled(config)

    assert (running.exit_code, running.wrong) == (ExitCode.FINE, {})
    assert (stopped.exit_code, stopped.wrong, stopped.total("complete")) == (ExitCode.FINE, {}, 300)


async def test_mappings_changed_between_a_kill_and_a_start_are_reconciled(scene: Scene) -> None:
    """One less, one more, one renamed, while events have some of their parts."""
    await scene.produce(tracks(120, visitors=120, delay_ms=20))
    narrow = {"concurrency": 8}
    for names, arrivals in ((("A", "B", "C"), 50), (("A", "D"), 120), (("A again", "B", "C"), 200)):
        config = scene.config(mappings=_mappings(*names), kafka=STATIC, delivery=narrow)
        worker = await scene.started(config)
        await scene.arrived(arrivals)
        await worker.kill()
    config = scene.config(mappings=_mappings("A"), kafka=STATIC, delivery=narrow)
    last = await scene.started(config)
    await scene.accounted(120)
    assert await last.stop() == 0

    found = await reconciled(config)
    beyond = await reconciled(config, "--to-end")

    assert (found.exit_code, found.wrong, found.total("complete")) == (ExitCode.FINE, {}, 120)
    assert (beyond.exit_code, beyond.wrong) == (ExitCode.FINE, {})


async def test_offsets_set_by_hand_are_a_pass_of_their_own(scene: Scene) -> None:
    config = scene.config()
    await scene.produce(tracks(40))
    worker = await scene.started(config)
    await scene.accounted(40)
    assert await worker.stop() == 0

    scene.operator.set_offsets(scene.pipeline(), scene.kafka.topics.events, dict.fromkeys(range(4), 6))
    before = await reconciled(config)
    again = await scene.started(config)
    await scene.accounted(40 + 4 * 4)
    assert await again.stop() == 0
    after = await reconciled(config)

    assert (before.exit_code, before.total("records")) == (ExitCode.FINE, 24)
    notes = [found["note"] for found in before.told["partitions"] if found["note"]]
    assert notes == ["the group's offset was set by hand: the next pass begins at 6"] * 4
    assert (after.exit_code, after.total("complete"), after.wrong) == (ExitCode.FINE, 16, {})
    first_pass = str(before.told["partitions"][0]["pass"])
    assert (await reconciled(config, "--pass", first_pass, "--from", "0:0")).exit_code == ExitCode.FINE
