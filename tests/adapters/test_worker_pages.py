"""Looking at workers: the real pages are read, and whatever else answers makes a worker away."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from pipeline.adapters.worker_pages import open_worker_pages
from pipeline.core import metrics
from pipeline.core.audit_record import OutcomeKind
from pipeline.core.health import Condition
from pipeline.core.top.reading import Away, Look, Scrape
from pipeline.core.top.view import top_view
from pipeline.engine.meter import Meter
from tests.support.admin_pages import READY, shown
from tests.support.clock import FakeClock


async def _looked(url: str) -> Look:
    async with open_worker_pages([url], FakeClock()) as pages:
        return (await pages.look())[0].now


async def test_what_a_worker_counted_is_read_back() -> None:
    meter, clock = Meter(), FakeClock()
    meter.add(metrics.OUTCOMES, 5, "deliver", "delivered", "accepted")
    meter.watch(metrics.LAG_RECORDS, lambda: {('a "topic"\n', "3"): 12.0})
    async with shown(meter) as url, open_worker_pages([url], clock) as pages:
        await pages.look()
        meter.add(metrics.OUTCOMES, 4, "deliver", "delivered", "accepted")
        await clock.advance(2.0)
        view = top_view(await pages.look())
    rates = view.together.rates
    assert rates is not None
    assert rates.outcomes[OutcomeKind.DELIVERED] == 2.0
    assert view.together.outcomes[OutcomeKind.DELIVERED] == 9
    assert [(row.topic, row.partition, row.lag_records) for row in view.partitions] == [
        ('a "topic"\n', 3, 12)
    ]


async def test_a_worker_that_is_not_ready_says_why() -> None:
    async with shown(Meter(), Condition(is_connected=True)) as url:
        found = await _looked(url)
    assert isinstance(found, Scrape)
    assert (found.is_ready, found.because) == (False, ("joining",))


async def test_a_worker_goes_away_and_comes_back() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with open_worker_pages([url], FakeClock()) as looking:
        (gone,) = await looking.look()
        assert gone.now == Away("Connection refused")
        async with shown(Meter(), READY, port):
            (back,) = await looking.look()
            assert isinstance(back.now, Scrape)
            assert back.before == gone.now


async def _finds_no_name(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def test_a_url_with_a_slip_is_told_as_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a name that is not known, or https for http, the system's number says nothing, or another thing."""
    async with shown(Meter()) as url:
        encrypted = await _looked(url.replace("http://", "https://"))
    assert isinstance(encrypted, Away)
    assert encrypted.why.startswith("no TLS connection: ")
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", _finds_no_name)
    assert await _looked("http://worker.example:9464") == Away("the host's name was not found")


@asynccontextmanager
async def _answering(text: str, status: int = 200) -> AsyncIterator[str]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text, status=status)

    application = web.Application()
    application.router.add_get("/{page}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "text, status",
    [
        ("<html><body>hello</body></html>", 200),
        ("not found", 404),
        ("", 200),
        ("up 1\n", 200),
        ('{"ready": true, "because": []}', 200),
        ("kameleoon_pipeline_outcomes_total 1\n", 200),
    ],
)
async def test_what_is_no_worker_is_away(text: str, status: int) -> None:
    async with _answering(text, status) as url:
        assert await _looked(url) == Away("what answers there is no worker of this version")


async def test_what_speaks_no_http_is_away() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server:
        found = await _looked(f"http://{host}:{port}")
    assert isinstance(found, Away)
