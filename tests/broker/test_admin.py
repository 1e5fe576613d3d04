"""The pages of a real worker: readiness, metrics that agree with the audit, no quarrel over a port."""

import asyncio
from typing import Final

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.waiting import until
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.process import Worker
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

_READY: Final = '{"ready": true, "because": [], "partitions": 8, "breaker": "closed"}'
_SHOWN: Final = "metrics and health are shown"


async def _get(worker: Worker, page: str) -> tuple[int, str]:
    lines = await until(lambda: worker.said(_SHOWN), "the pages are served")
    async with aiohttp.ClientSession() as session, session.get(lines[0]["url"] + page) as response:
        return response.status, await response.text()


class Scrape:
    """One reading of a worker's metrics."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self._samples = [sample for family in families for sample in family.samples]

    def values(self, name: str, **labels: str) -> list[float]:
        """The values of the metric's samples that have these labels."""
        return [
            sample.value
            for sample in self._samples
            if sample.name == f"kameleoon_pipeline_{name}" and labels.items() <= sample.labels.items()
        ]


async def _scrape(worker: Worker, settled: int) -> Scrape:
    """A reading after so many records were settled: the worker hears of it a moment after its readers."""
    async with asyncio.timeout(20):
        while True:
            found = Scrape((await _get(worker, "/metrics"))[1])
            if found.values("records_settled_total") >= [settled]:
                return found


async def test_a_scrape_agrees_with_what_happened(scene: Scene) -> None:
    await scene.produce(
        [
            *tracks(100, visitors=10),
            letter(track(100, properties={"sandbox": {"status": "400"}}), 0),
            letter(track(101, properties={"sandbox": {"status": "503, 200"}}), 0),
        ]
    )
    worker = scene.start(scene.config(admin={"listen": "127.0.0.1:0"}))
    both_topics = 2 * scene.partitions
    await until(lambda: len(worker.said("partition open")) == both_topics, "all partitions are open")
    await scene.accounted(102)

    assert await _get(worker, "/ready") == (200, _READY)
    found = await _scrape(worker, settled=102)
    assert found.values("outcomes_total", stage="deliver", outcome="delivered", reason="accepted") == [101]
    assert found.values("outcomes_total", stage="deliver", outcome="failed", reason="refused") == [1]
    answers = {status: found.values("http_answers_total", answer=status) for status in ("200", "400", "503")}
    assert answers == {"200": [101], "400": [1], "503": [1]}
    watermarks = found.values("watermark_offset", topic=scene.kafka.topics.events)
    assert (len(watermarks), sum(watermarks)) == (4, 102)
    assert await worker.stop() == 0


async def test_a_second_worker_at_the_same_port_delivers_without_pages(scene: Scene) -> None:
    first = await scene.started(scene.config(admin={"listen": "127.0.0.1:0"}))
    address = first.said(_SHOWN)[0]["url"].removeprefix("http://")

    second = scene.start(scene.config(admin={"listen": address}))
    await until(lambda: second.openings, "the second worker has partitions")

    assert [
        line["detail"].startswith(address) for line in second.said("metrics and health are not shown")
    ] == [True]
    assert (await second.stop(), await first.stop()) == (0, 0)
