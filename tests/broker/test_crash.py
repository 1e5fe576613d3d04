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
PROBE_INTERVAL_S = 3.0
A_MOMENT_S = 1.0
"""What a busy machine may take to connect and send."""


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

    @property
    def growth_bytes(self) -> int:
        """How much more memory the second half of the outage needed than the first."""
        half = len(self.rss_bytes) // 2
        return max(self.rss_bytes[half:]) - max(self.rss_bytes[:half])

    async def lasts(self, seconds: float) -> None:
        """Return so long after the outage's beginning."""
        await until(lambda: self._looked() >= seconds, "the outage", seconds + 5)

    def _looked(self) -> float:
        assert self._worker.is_running, self._worker.tail()
        self.rss_bytes.append(self._worker.rss_bytes)
        return time.monotonic() - self._began


THREE_MINUTES = pytest.param(180, marks=[pytest.mark.minutes, pytest.mark.timeout(400)])


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [30, THREE_MINUTES])
async def test_an_outage_of_the_endpoint_costs_no_event_and_no_membership(
    scene: Scene, seconds: float
) -> None:
    """Half of it answers 503, half of it refuses connections; sessions are six seconds."""
    count, text = 12_000, "x" * 2000
    letters = [letter(track(n, properties={"text": text}), n % 4) for n in range(count)]
    probes = {"retry": {"first": "20ms", "cap": f"{PROBE_INTERVAL_S:g}s"}}
    worker = await scene.started(scene.config(delivery=probes))
    await scene.produce(letters[:500])
    await scene.accounted(500)
    scene.sandbox.faults = Faults(Story(statuses=(503,)))
    await scene.produce(letters[500:], compression_type="lz4")
    outage = _Outage(worker)

    await outage.lasts(seconds / 2)
    port = int(scene.sandbox.endpoint.split(":")[2].split("/")[0])
    await scene.sandbox.stop()
    await outage.lasts(seconds)
    async with Sandbox(sandbox_settings(port)) as back:
        back_ms = time.time() * 1000
        await scene.accounted(count)
        received = [*scene.sandbox.received(), *back.received()]

    assert await worker.stop() == 0
    found = account(await scene.events(), (await scene.book()).outcomes, received, is_strict=True)
    found.check()
    assert len(found.flagged) <= CONCURRENCY, "more than what was under way when the connections broke"
    assert found.sent_again <= found.flagged
    assert found.outcomes == {("delivered", "accepted"): count}
    assert worker.openings == [0, 1, 2, 3], "the member was evicted"
    assert max(outage.rss_bytes) - outage.rss_bytes[0] < 40_000_000, "more than its buffers"
    assert outage.growth_bytes < 4_000_000, "memory grows"
    first_ms = back.received()[0].received_at_ms
    assert first_ms - back_ms < 1000 * (PROBE_INTERVAL_S + A_MOMENT_S), "nobody asks whether it is back"
