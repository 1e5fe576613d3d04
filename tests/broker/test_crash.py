"""A bug in the agent, and an endpoint that is gone for long."""

import time

import pytest

from pipeline.adapters.sandbox import Faults, Sandbox, Story
from tests.support.waiting import until
from tests.support.worker.accounts import account
from tests.support.worker.driven import BUG, program
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.process import Worker
from tests.support.worker.scene import Scene, sandbox_settings

pytestmark = pytest.mark.kafka

EXIT_BUG = 70
CONCURRENCY = 64


async def test_a_bug_ends_the_process_without_a_commit_and_loses_nothing(scene: Scene) -> None:
    config = scene.config(kafka={"group_instance_id": "worker"})
    await scene.produce(tracks(400, delay_ms=20))
    worker = scene.start(config, program("planted"))
    await scene.arrived(100)
    await scene.produce([letter(track(999, properties={"text": BUG.decode()}), partition=0)])

    assert await worker.ended() == EXIT_BUG

    said = worker.said("worker ends: a bug")
    assert [line["error"] for line in said] == ["LookupError"]
    states = (await scene.operator.commits(scene.pipeline(), scene.kafka.topics.events)).values()
    assert all(told is not None and told.is_open for _, told in states)
    again = await scene.started(config)
    await scene.accounted(401)
    assert await again.stop() == 0
    (await scene.account()).check()


async def test_a_worker_that_stands_still_ends_and_tells_what_waits_and_the_next_one_delivers(
    scene: Scene,
) -> None:
    limits = {"timeout": "100ms", "standstill": "2s"}
    config = scene.config(delivery=limits, audit={"timeout": "1s"})
    await scene.produce(tracks(40))
    worker = scene.start(config, program("deaf"))

    assert await worker.ended() == EXIT_BUG

    (told,) = worker.said("worker ends")
    assert told["detail"] == "40 records wait; for 2 s none was settled or answered"
    waiting = worker.said("a partition stands still")
    assert sum(line["unsettled"] for line in waiting) == 40
    (tasks,) = [line["tasks"] for line in worker.said("what the tasks wait for")]
    assert any("direct_destination" in place or "locks.py" in place for place in tasks)
    again = await scene.started(config)
    await scene.accounted(40)
    assert await again.stop() == 0
    (await scene.account()).check()


class _Outage:
    """Watches a worker's memory until a moment of the outage."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._began = time.monotonic()
        self.rss_bytes: list[int] = []

    async def lasts(self, seconds: float) -> None:
        """Return so long after the outage's beginning."""
        await until(lambda: self._looked() >= seconds, "the outage", seconds + 5)

    def _looked(self) -> float:
        assert self._worker.is_running, self._worker.tail()
        self.rss_bytes.append(self._worker.rss_bytes)
        return time.monotonic() - self._began


@pytest.mark.slow
async def test_an_outage_of_the_endpoint_costs_no_event_and_no_membership(scene: Scene) -> None:
    """Half of it answers 503, half of it refuses connections; sessions are six seconds."""
    count, text = 12_000, "x" * 2000
    letters = [letter(track(n, properties={"text": text}), n % 4) for n in range(count)]
    worker = await scene.started(scene.config())
    await scene.produce(letters[:500])
    await scene.accounted(500)
    scene.sandbox.faults = Faults(Story(statuses=(503,)))
    await scene.produce(letters[500:], compression_type="lz4")
    outage = _Outage(worker)

    await outage.lasts(15)
    port = int(scene.sandbox.endpoint.split(":")[2].split("/")[0])
    await scene.sandbox.stop()
    await outage.lasts(30)
    async with Sandbox(sandbox_settings(port)) as back:
        await scene.accounted(count)
        received = [*scene.sandbox.received(), *back.received()]

    assert await worker.stop() == 0
    found = account(await scene.events(), (await scene.book()).outcomes, received, is_strict=True)
    found.check()
    assert len(found.flagged) <= CONCURRENCY, "more than what was under way when the connections broke"
    assert found.sent_again <= found.flagged
    assert found.outcomes == {("delivered", "accepted"): count}
    assert worker.openings == [0, 1, 2, 3], "the member was evicted"
    assert max(outage.rss_bytes) - outage.rss_bytes[0] < 40_000_000, "memory grows"
