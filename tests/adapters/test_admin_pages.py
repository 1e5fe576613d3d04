"""The pages of a worker: what they answer, where they listen, and that a taken port stops nobody."""

import socket
from typing import Any

import aiohttp
from structlog.testing import capture_logs

from pipeline.adapters.admin_pages import AdminPages
from pipeline.core import metrics
from pipeline.core.health import Condition, Health, health
from pipeline.engine.meter import Meter
from tests.support.admin_pages import READY, tap_page


async def _started(pages: AdminPages, found: Condition = READY) -> str:
    """Start the pages; the address that the log tells."""
    with capture_logs() as logs:
        await pages.start(lambda: health(found))
    return str(logs[0]["url"])


async def _get(url: str) -> tuple[int, str, Any]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, response.headers["content-type"], await response.read()


async def test_metrics_are_shown_in_the_text_format() -> None:
    meter = Meter()
    meter.add(metrics.RECORDS_SETTLED, 5)
    pages = AdminPages(("127.0.0.1", 0), meter, tap_page())
    status, content_type, body = await _get(await _started(pages) + "/metrics")
    await pages.stop()
    assert (status, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"kameleoon_pipeline_records_settled_total 5.0\n" in body


async def test_a_worker_that_is_not_ready_is_alive_and_says_why() -> None:
    pages = AdminPages(("127.0.0.1", 0), Meter(), tap_page())
    url = await _started(pages, Condition(is_connected=True))
    ready, live = await _get(url + "/ready"), await _get(url + "/live")
    await pages.stop()
    assert (ready[0], ready[2]) == (
        503,
        b'{"ready": false, "because": ["joining"], "partitions": 0, "breaker": "closed"}',
    )
    assert (live[0], live[2]) == (200, b'{"live": true}')


async def test_readiness_is_asked_for_at_each_call() -> None:
    found = [health(Condition()), health(READY)]
    pages = AdminPages(("::1", 0), Meter(), tap_page())
    with capture_logs() as logs:
        await pages.start(lambda: found.pop(0))
    answers = [(await _get(logs[0]["url"] + "/ready"))[0] for _ in range(2)]
    await pages.stop()
    assert answers == [503, 200]


async def test_a_port_that_is_taken_is_told_and_stops_nobody() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        pages = AdminPages(("127.0.0.1", port), Meter(), tap_page())
        with capture_logs() as logs:
            await pages.start(_never)
        await pages.stop()
    assert [line["event"] for line in logs] == ["metrics and health are not shown"]
    assert logs[0]["detail"].startswith(f"127.0.0.1:{port}: ")


async def test_without_an_address_nothing_is_opened() -> None:
    pages = AdminPages(None, Meter(), tap_page())
    with capture_logs() as logs:
        await pages.start(_never)
    await pages.stop()
    assert logs == []


def _never() -> Health:
    raise AssertionError("nobody asks")
