"""SIGKILL in mid-flow: nothing is lost; what may have been sent twice says so, and nothing else is."""

import json

import pytest

from pipeline.adapters.sandbox import Faults, Story
from tests.support.worker.events import tracks
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

CONCURRENCY = 16
WINDOW = 8 * CONCURRENCY
"""The most that a worker admits: so many of each of its partitions are suspected after its death."""

NARROW = {"concurrency": CONCURRENCY}

SILENT = Faults(Story(delay_ms=120_000))
"""No request is answered while the test lasts."""

STATIC = {"group_instance_id": "worker"}
"""A restarted worker gets its partitions back at once."""


def _sent(scene: Scene) -> set[str]:
    """The events that have arrived by now, however often."""
    return {json.loads(request.body)["messageId"] for request in scene.sandbox.received()}


@pytest.mark.slow
async def test_kills_in_mid_flow(scene: Scene) -> None:
    """What stood on the audit topic at the kill is not sent again."""
    await scene.produce(tracks(2000, visitors=900, delay_ms=20))
    config = scene.config(kafka=STATIC, delivery=NARROW)
    already_audited: list[tuple[int, set[str | None]]] = []

    for arrivals in (300, 900, 1400):
        worker = await scene.started(config)
        await scene.arrived(arrivals)
        await worker.kill()
        audited = {outcome.record.message_id for outcome in (await scene.book()).outcomes}
        already_audited.append((len(scene.sandbox.received()), audited))
    last = await scene.started(config)
    await scene.accounted(2000)

    assert await last.stop() == 0
    found = await scene.account()
    found.check()
    assert 0 < len(found.flagged) <= 3 * 4 * WINDOW
    assert found.sent_again
    for count, audited in already_audited:
        later = {json.loads(request.body)["messageId"] for request in scene.sandbox.received()[count:]}
        assert not later & audited


async def test_a_kill_before_the_first_commit(scene: Scene) -> None:
    """Requests were sent, none was answered, nothing but the opening was committed."""
    await scene.produce(tracks(100))
    scene.sandbox.faults = SILENT
    config = scene.config(kafka=STATIC, delivery=NARROW)
    worker = await scene.started(config)
    await scene.arrived(CONCURRENCY)

    await worker.kill()

    sent = _sent(scene)
    commits = await scene.operator.commits(scene.pipeline(), scene.kafka.topics.events)
    assert [offset for offset, _ in commits.values()] == [0] * 4
    scene.sandbox.faults = Faults()
    again = await scene.started(config)
    await scene.accounted(100)
    assert await again.stop() == 0
    found = await scene.account()
    found.check()
    assert found.sent_again == sent <= found.flagged


async def test_kills_while_the_audit_is_read_back(scene: Scene) -> None:
    await scene.produce(tracks(2500, visitors=900, delay_ms=5))
    config = scene.config(kafka=STATIC, delivery=NARROW)
    worker = await scene.started(config)
    await scene.arrived(1200)
    await worker.kill()

    for kills in (1, 2, 3):
        worker = scene.start(config)
        await scene.audited(lambda book, markers=4 * kills: book.markers > markers)  # type: ignore[misc]  # the value of this turn
        await worker.kill()
    last = await scene.started(config)
    await scene.accounted(2500)

    assert await last.stop() == 0
    found = await scene.account()
    found.check()
    assert found.sent_again <= found.flagged
    assert 0 < len(found.flagged) <= 4 * 4 * WINDOW


async def test_suspicion_outlives_a_successor_that_stopped_in_order(scene: Scene) -> None:
    """What a dead worker may have sent is still marked when its successor could send nothing."""
    await scene.produce(tracks(100, partitions=1))
    scene.sandbox.faults = SILENT
    config = scene.config(kafka=STATIC, delivery=NARROW)
    worker = await scene.started(config)
    await scene.arrived(CONCURRENCY)
    await worker.kill()
    sent = _sent(scene)
    scene.sandbox.faults = Faults(Story(statuses=(503,)))
    successor = await scene.started(config)
    await scene.arrived(2 * CONCURRENCY)
    assert await successor.stop() == 0
    scene.sandbox.faults = Faults()

    last = await scene.started(config)
    await scene.accounted(100)

    assert await last.stop() == 0
    found = await scene.account()
    found.check()
    assert found.sent_again == sent <= found.flagged
    assert len(found.flagged) < 100, "what nobody can have sent is not doubted"


@pytest.mark.slow
async def test_another_worker_takes_over_from_a_killed_one(scene: Scene) -> None:
    await scene.produce(tracks(600, visitors=300, delay_ms=20))
    config = scene.config(delivery=NARROW)
    first = await scene.started(config)
    second = scene.start(config)
    await second.ready(2)
    await scene.produce(tracks(2000, visitors=300, first=600, delay_ms=20))
    await scene.arrived(900)

    await first.kill()
    await second.ready(2 + 4)
    await scene.accounted(2600)

    assert await second.stop() == 0
    found = await scene.account()
    found.check()
    assert len(found.flagged) <= 2 * WINDOW
