"""The pages of a real worker: readiness, metrics that agree with the audit, no quarrel over a port."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app
from tests.support.waiting import until
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.pages import ANY_PORT, SHOWN, readiness, scraped
from tests.support.worker.scene import Scene
from tests.support.worker.topic import new_producer, send

pytestmark = pytest.mark.kafka


async def test_a_scrape_agrees_with_what_happened(scene: Scene) -> None:
    await scene.produce(
        [
            *tracks(100, visitors=10),
            letter(track(100, properties={"sandbox": {"status": "400"}}), 0),
            letter(track(101, properties={"sandbox": {"status": "503, 200"}}), 0),
        ]
    )
    worker = scene.start(scene.config(admin=ANY_PORT))
    both_topics = 2 * scene.partitions
    await until(lambda: len(worker.said("partition open")) == both_topics, "all partitions are open")
    await scene.accounted(102)

    told = await readiness(worker, 200)
    assert told == {"ready": True, "because": [], "partitions": both_topics, "breaker": "closed"}
    found = await scraped(worker, lambda found: found.values("records_settled_total") == [102])
    assert found.values("outcomes_total", stage="deliver", outcome="delivered", reason="accepted") == [101]
    assert found.values("outcomes_total", stage="deliver", outcome="failed", reason="refused") == [1]
    answers = {status: found.values("http_answers_total", answer=status) for status in ("200", "400", "503")}
    assert answers == {"200": [101], "400": [1], "503": [1]}
    watermarks = found.values("watermark_offset", topic=scene.kafka.topics.events)
    assert (len(watermarks), sum(watermarks)) == (4, 102)

    url = worker.said(SHOWN)[0]["url"]
    command = ["top", "--once", "--json", "--interval", "0.1", "--url", url]
    seen = json.loads((await asyncio.to_thread(CliRunner().invoke, app, command)).stdout)
    assert (seen["together"]["outcomes"]["delivered"], seen["together"]["received"]) == (101, 102)
    assert len(seen["partitions"]) == both_topics
    assert await worker.stop() == 0


@pytest.mark.parametrize("is_aborted", [False, True], ids=["committed", "aborted"])
async def test_the_end_of_a_transaction_is_no_lag(scene: Scene, is_aborted: bool) -> None:  # noqa: FBT001 (a case)
    """Markers and aborted records take the last offsets, and nothing follows that could settle."""
    topic = scene.kafka.topics.events
    producer = new_producer(scene.servers, transactional_id=scene.prefix)
    await producer.start()
    try:
        async with producer.transaction():
            await send(producer, topic, tracks(40))
        if is_aborted:
            await producer.begin_transaction()
            await send(producer, topic, tracks(40, first=40))
            await producer.abort_transaction()
    finally:
        await producer.stop()
    worker = await scene.started(scene.config(admin=ANY_PORT))
    await scene.accounted(40)

    await scraped(worker, lambda found: found.values("lag_records", topic=topic) == [0] * 4, timeout_s=60)

    assert await worker.stop() == 0


async def test_a_second_worker_at_the_same_port_delivers_without_pages(scene: Scene) -> None:
    first = await scene.started(scene.config(admin=ANY_PORT))
    address = first.said(SHOWN)[0]["url"].removeprefix("http://")

    second = scene.start(scene.config(admin={"listen": address}))
    await until(lambda: second.openings, "the second worker has partitions")

    assert [
        line["detail"].startswith(address) for line in second.said("metrics and health are not shown")
    ] == [True]
    assert (first.listens_at, second.listens_at) == ([address], []), "no server but the pages"
    assert (await second.stop(), await first.stop()) == (0, 0)
