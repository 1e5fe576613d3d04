"""The delivery page in a real Chromium."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from pipeline.core.audit import OutcomeKind, SourcePosition, encode
from pipeline.core.outcome import Reason, Stage
from tests.support.audit_entries import audit_record
from tests.support.chromium import NAMES, Tab, browsing, chromium
from tests.support.delivery_page import Page

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\u202e' + "n" * 1000
_CURRENT = "document.getElementById('state')?.textContent === 'Up to date'"
_CONTRASTS = """(() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!color.endsWith(', 0)')) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const holds = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  const nodes = [...document.body.querySelectorAll('*')];
  const texts = nodes.filter((node) => node.checkVisibility() && holds(node));
  return texts.map((node) => {
    const both = [light(getComputedStyle(node).color), light(ground(node))];
    const contrast = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    return [node.tagName + ' ' + node.textContent.slice(0, 30), contrast];
  });
})()"""


class Shown:
    """A page in a browser, and what it is drawn from."""

    def __init__(self, page: Page, url: str, tab: Tab) -> None:
        self.page = page
        self.url = url
        self.tab = tab

    def write(self, offset: int, **changes: object) -> None:
        """One more record of the audit topic."""
        now_ms = self.page.clock.now_ms()
        source = SourcePosition("segment-events", 0, offset, now_ms)
        told = {"source": source, "message_id": f"order-{offset}", **changes}
        self.page.reader.write(now_ms, audit_record(**told))

    async def open(self, query: str = "") -> None:
        """Open the page, until it is drawn."""
        await self.tab.go(self.url + query)
        await self.tab.until(_CURRENT)


@pytest.fixture
async def shown(tmp_path: Path) -> AsyncIterator[Shown]:
    program = chromium()
    if program is None:
        pytest.skip(f"no Chromium: none of {', '.join(NAMES)} is on PATH")
    page = Page()
    following = asyncio.ensure_future(page.feed.run())
    async with TestServer(page.application) as server, browsing(program, tmp_path) as tab:
        shown = Shown(page, str(server.make_url("/")), tab)
        yield shown
        assert tab.complaints == []
    following.cancel()
    await asyncio.wait({following})


async def test_from_an_empty_topic_to_the_way_of_one_event(shown: Shown) -> None:
    tab = shown.tab
    await shown.open()
    assert await tab.value("!document.getElementById('empty').hidden && document.title") == "Event delivery"

    shown.write(1)
    failed = {"outcome": OutcomeKind.FAILED, "reason": Reason.REFUSED, "event_name": HOSTILE}
    shown.write(2, **failed)
    await tab.until("document.querySelectorAll('#recent tbody tr').length === 2")
    assert await tab.value("document.getElementById('empty').hidden")
    assert await tab.value("document.querySelector('#by-event tbody').textContent.includes('<script>')")

    await tab.value("document.getElementById('text').focus()")
    await tab.type("order-2")
    await tab.press("Enter")
    await tab.until("document.querySelectorAll('#recent tbody tr').length === 1")
    await tab.until("document.getElementById('found').textContent.startsWith('1 outcome found.')")

    await tab.value("document.querySelector('#recent tbody button').focus()")
    await tab.press("Enter")
    await tab.until("document.getElementById('event').open")
    assert "failed, refused" in await tab.value("document.getElementById('event-steps').textContent")
    await tab.press("Escape")
    await tab.until("!document.getElementById('event').open && !location.hash")
    assert await tab.value("window.hit === undefined")


async def test_what_one_looks_at_stays_while_the_numbers_move(shown: Shown) -> None:
    """Focus and opened reasons live through updates; a pause holds the stream, and not the numbers."""
    tab = shown.tab
    shown.write(1, outcome=OutcomeKind.REJECTED, reason=Reason.MAPPING_FAILED, stage=Stage.MAP)
    await shown.open("?window=15m")
    await tab.value("document.querySelector('#reasons details').open = true")
    await tab.value("document.querySelector('#by-mapping tbody button').focus()")
    shown.write(2)
    await tab.until("document.querySelector('#funnel tbody tr').cells[1].textContent === '2'")
    assert await tab.value("document.querySelector('#reasons details').open")
    assert await tab.value("document.activeElement.textContent") == "Track Calls"
    command = await tab.value("document.querySelector('#reasons details[open] .command').textContent")
    assert command.endswith("--reason mapping_failed --since 15m")

    await tab.value("document.getElementById('pause').click()")
    shown.write(3)
    await tab.until("document.querySelector('#funnel tbody tr').cells[1].textContent === '3'")
    assert await tab.value("document.querySelectorAll('#recent tbody tr').length") == 2

    await tab.value("document.querySelector('#reasons details[open] button.plain').click()")
    await tab.until("document.querySelector('#funnel tbody tr').cells[1].textContent === '1'")
    assert "reason=mapping_failed" in await tab.value("location.search")


async def test_a_hundred_thousand_records_are_shown_and_searched(shown: Shown) -> None:
    """All are counted, the newest are drawn, and any is found."""
    tab, now_ms = shown.tab, shown.page.clock.now_ms()
    value = encode(audit_record())
    assert b'"offset":7' in value
    others = ((b"m-%d" % number, b'"offset":%d' % number) for number in range(100_000))
    shown.page.reader.write(
        now_ms, *(value.replace(b"order-1", name).replace(b'"offset":7', place) for name, place in others)
    )
    await shown.open("?window=24h")
    await tab.until("document.querySelector('#funnel tbody tr').cells[1].textContent === '100,000'")
    drawn = await tab.value("document.querySelectorAll('#recent tbody tr').length")
    assert drawn == 100
    began_s = time.monotonic()
    await tab.value("document.getElementById('text').focus()")
    await tab.type("m-54321")
    await tab.press("Enter")
    await tab.until("document.getElementById('found').textContent.startsWith('1 outcome found.')")
    assert time.monotonic() - began_s < 10


async def test_what_stands_there_twice_is_shown_twice_however_often_it_is_drawn(shown: Shown) -> None:
    tab, now_ms = shown.tab, shown.page.clock.now_ms()
    rows = "document.querySelectorAll('#recent tbody tr').length"
    shown.page.reader.write(now_ms, *[audit_record()] * 3)
    await shown.open()
    await tab.until(f"{rows} === 3")
    shown.write(8)
    await tab.until(f"{rows} === 4")
    shown.write(9)
    await tab.until(f"{rows} === 5")


async def test_a_broker_that_goes_and_comes_back_is_told(shown: Shown) -> None:
    shown.write(1)
    await shown.open()
    shown.page.reader.away = True
    said = await shown.tab.until(
        "document.getElementById('state').textContent.startsWith('Stands still since')"
        " && document.getElementById('state').textContent"
    )
    assert said.endswith("no Kafka broker answers at localhost:9092")
    assert await shown.tab.value("document.querySelectorAll('#recent tbody tr').length") == 1
    shown.page.reader.away = False
    await shown.tab.until(_CURRENT)


async def test_it_can_be_read_in_the_light_in_the_dark_and_on_a_phone(shown: Shown) -> None:
    tab = shown.tab
    for offset, outcome in enumerate(OutcomeKind):
        shown.write(offset, outcome=outcome, reason=Reason.REFUSED, event_name=HOSTILE + outcome)
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    await tab.command("Emulation.setDeviceMetricsOverride", **phone)
    grounds = set()
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await tab.command("Emulation.setEmulatedMedia", features=features)
        await shown.open()
        await tab.until("document.querySelectorAll('#recent tbody tr').length === 6")
        grounds.add(await tab.value("getComputedStyle(document.body).backgroundColor"))
        contrasts = await tab.value(_CONTRASTS)
        assert len(contrasts) > 50
        assert [text for text, contrast in contrasts if contrast < 4.5] == []
        assert await tab.value("document.documentElement.scrollWidth") <= 360
    assert len(grounds) == 2


async def test_everything_that_can_be_used_has_a_name(shown: Shown) -> None:
    """As a screen reader hears it: by the browser's own accessibility tree."""
    shown.write(1)
    await shown.open()
    await shown.tab.until("document.querySelectorAll('#recent tbody tr').length === 1")
    tree = (await shown.tab.command("Accessibility.getFullAXTree"))["nodes"]
    used = {"button", "textbox", "searchbox", "combobox", "radio", "link", "columnheader", "image", "img"}
    nodes = [node for node in tree if not node["ignored"] and node.get("role", {}).get("value") in used]
    assert len(nodes) > 20
    assert [node for node in nodes if not node.get("name", {}).get("value")] == []
