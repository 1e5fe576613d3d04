"""The feed: up to date, reading, and a broker that goes away and comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from structlog.testing import capture_logs

from pipeline.adapters.delivery_page.feed import State
from tests.support.audit_entries import audit_record
from tests.support.clock import FakeClock
from tests.support.delivery_page import Page
from tests.support.waiting import until


@asynccontextmanager
async def _following(page: Page) -> AsyncIterator[None]:
    task = asyncio.ensure_future(page.feed.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled()


async def _moving(page: Page, condition: Callable[[], object], what: str) -> None:
    """Let the page's clock run until it is so."""
    clock = page.clock
    assert isinstance(clock, FakeClock)
    for _ in range(100):
        if condition():
            return
        await clock.advance(0.5)
    raise TimeoutError(what)


async def test_what_is_there_is_read_and_then_what_comes() -> None:
    page = Page()
    page.reader.write(page.clock.now_ms(), audit_record(), b"something else", audit_record())
    async with _following(page):
        await until(lambda: page.feed.standing.state is State.CURRENT, "the page is up to date")
        await until(lambda: page.view.read == 3, "all is read")
        page.reader.write(page.clock.now_ms(), audit_record())
        await until(lambda: page.view.read == 4, "what comes is read")
    assert page.view.foreign == 1


async def test_a_page_that_has_much_to_read_says_so() -> None:
    page = Page(FakeClock())
    page.reader.write(page.clock.now_ms(), *[b"?"] * 7000)
    async with _following(page):
        await until(lambda: page.reader.looks, "the page looks where it stands")
        assert (page.feed.standing.state, page.feed.standing.behind) == (State.READING, 2000)
        await _moving(page, lambda: page.feed.standing.state is State.CURRENT, "the page is up to date")


async def test_the_page_outlives_a_broker_that_goes_and_comes_back() -> None:
    page = Page(FakeClock())
    with capture_logs() as logs:
        async with _following(page):
            await _moving(page, lambda: page.feed.standing.state is State.CURRENT, "the page is up to date")
            last_ms = page.feed.standing.contact_ms
            page.reader.away = True
            await _moving(page, lambda: page.feed.standing.state is State.AWAY, "the page has seen it")
            looks = page.reader.looks
            await _moving(page, lambda: page.reader.looks > looks + 2, "the page looks again and again")
            away = page.feed.standing
            page.reader.away = False
            page.reader.write(page.clock.now_ms(), audit_record())
            await _moving(page, lambda: page.feed.standing.state is State.CURRENT, "the page goes on")
            await _moving(page, lambda: page.view.read == 1, "what came meanwhile is read")
    assert away.contact_ms == last_ms
    assert away.detail == "no Kafka broker answers at localhost:9092"
    assert [line["event"] for line in logs] == [
        "no broker answers: the page stands still",
        "the broker answers again: the page goes on",
    ]
