"""The delivery page over HTTP: what it answers, to whom, and what hostile senders get of it."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from pipeline.adapters.delivery_page.server import CannotListenError, serving
from pipeline.core.audit import OutcomeKind, Position, SourcePosition, encode
from pipeline.core.outcome import Reason, Stage
from tests.support.audit_entries import assignment_marker, audit_record
from tests.support.clock import FakeClock
from tests.support.delivery_page import Page
from tests.support.waiting import until

HOSTILE = "<script>alert(1)</script>\"'&\u202e"
FAILED = {"outcome": OutcomeKind.FAILED, "reason": Reason.REFUSED}


class Site:
    """The page with a client at its door."""

    def __init__(self, page: Page, client: "TestClient[Any, Any]") -> None:
        self.page = page
        self.client = client

    async def show(self, *entries: Any) -> None:
        """Write entries, and wait until the page has read them."""
        self.page.reader.write(self.page.clock.now_ms(), *entries)
        wanted = self.page.reader.written
        await until(lambda: self.page.view.read == wanted, "the page has read all", timeout_s=60)

    async def get(self, path: str) -> Any:
        async with self.client.get(path) as response:
            assert response.status == 200, await response.text()
            return json.loads(await response.read())

    async def status(self, path: str, **headers: str) -> int:
        async with self.client.get(path, headers=headers) as response:
            return response.status


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    page = Page()
    following = asyncio.ensure_future(page.feed.run())
    async with TestClient(TestServer(page.application)) as client:
        yield Site(page, client)
    following.cancel()
    await asyncio.wait({following})


async def test_an_empty_topic_is_a_page_of_zeros(site: Site) -> None:
    data = await site.get("/data.json")
    assert data["report"]["total"] == 0
    assert set(data["report"]["outcomes"].values()) == {0}
    assert data["report"]["latency"] == {"p50": None, "p90": None, "p99": None, "longest": None}
    assert len(data["report"]["bars"]) == 60
    assert (await site.get("/events.json"))["outcomes"] == []
    assert (await site.get("/event/none.json"))["outcomes"] == []


async def test_outcomes_are_counted_and_told_with_what_to_do(site: Site) -> None:
    await site.show(audit_record(), audit_record(**FAILED), b"?", assignment_marker())
    data = await site.get("/data.json?window=15m")
    assert data["report"]["outcomes"] | {"delivered": 1, "failed": 1} == data["report"]["outcomes"]
    assert data["topic"] == {"read": 4, "void": 0, "foreign": 1}
    (failed,) = [row for row in data["reasons"] if row["reason"] == "refused"]
    assert failed["advice"].startswith("The record tells the HTTP status")
    assert (
        failed["command"] == "kameleoon-pipeline replay --config 'my shop.yaml' --reason refused --since 15m"
    )


async def test_a_report_is_narrowed(site: Site) -> None:
    await site.show(audit_record(event_name="A"), audit_record(event_name="B", mapping="M"))
    for narrowed in ("event=A", "mapping=Track+Calls", "event=A&reason=accepted"):
        assert (await site.get(f"/data.json?{narrowed}"))["report"]["total"] == 1
        assert len((await site.get(f"/events.json?{narrowed}"))["outcomes"]) == 1
    assert (await site.get("/data.json?event=C"))["report"]["total"] == 0


async def test_the_newest_outcomes_come_first_and_by_outcome(site: Site) -> None:
    now_ms = site.page.clock.now_ms()
    site.page.reader.write(now_ms - 2000, audit_record(message_id="second"))
    site.page.reader.write(now_ms - 3000, audit_record(message_id="first", **FAILED))
    await site.show(audit_record(message_id="third"))
    newest = (await site.get("/events.json"))["outcomes"]
    assert [seen["key"] for seen in newest] == ["third", "second", "first"]
    failed = (await site.get("/events.json?outcome=failed"))["outcomes"]
    assert [seen["record"]["reason"] for seen in failed] == ["refused"]


@pytest.mark.parametrize("message_id", ["a/b", "50%2F", "../..", "é ☃", "?#&", "line\nbreak", HOSTILE, " "])
async def test_an_event_is_found_whatever_its_message_id(site: Site, message_id: str) -> None:
    await site.show(audit_record(message_id=message_id), audit_record(message_id="another"))
    found = await site.get(f"/event/{quote(message_id, safe='')}.json")
    assert [seen["record"]["message_id"] for seen in found["outcomes"]] == [message_id]


async def test_one_events_way_through_parts_and_replays(site: Site) -> None:
    again = SourcePosition("kameleoon-replays", 0, 3, 0)
    await site.show(
        audit_record(part=1, parts=2),
        audit_record(part=2, parts=2, **FAILED),
        audit_record(message_id="another"),
        audit_record(source=again, replay_of=Position("segment-events", 0, 7)),
    )
    found = (await site.get("/event/order-1.json"))["outcomes"]
    assert [(seen["record"]["part"], seen["record"]["outcome"]) for seen in found] == [
        (1, "delivered"),
        (2, "failed"),
        (1, "delivered"),
    ]
    assert found[-1]["record"]["replay_of"] == {
        "topic": "segment-events",
        "partition": 0,
        "offset": 7,
    }


async def test_the_search_takes_a_part_and_says_where_to_look_further(site: Site) -> None:
    await site.show(audit_record(message_id="abc-123"), audit_record(message_id="xyz"))
    found = await site.get("/events.json?search=c-1")
    assert [seen["key"] for seen in found["outcomes"]] == ["abc-123"]
    assert found["further"].endswith("| grep --fixed-strings -- c-1")
    one = await site.get("/event/abc-123.json")
    assert one["further"].endswith("audit tail --config 'my shop.yaml' --message-id abc-123")
    quoted = await site.get("/events.json?search=" + quote("'; rm x"))
    assert quoted["further"].endswith("""-- ''"'"'; rm x'""")


async def test_names_of_senders_stay_data(site: Site) -> None:
    unread = audit_record(
        outcome=OutcomeKind.REJECTED, reason=HOSTILE, stage=Stage.DECODE, event_name=None, type=None
    )
    await site.show(audit_record(event_name=HOSTILE), audit_record(event_name="n" * 1000), unread)
    async with site.client.get("/data.json") as response:
        assert response.content_type == "application/json"
        assert response.headers["x-content-type-options"] == "nosniff"
        data = json.loads(await response.read())
    assert {row["name"] for row in data["report"]["by_event"]} == {
        HOSTILE,
        "n" * 199 + "…",
        "(unreadable)",
    }
    (strange,) = [row for row in data["reasons"] if row["reason"] == HOSTILE]
    assert strange["command"] is None


@pytest.mark.parametrize(
    "path", ["/", "/page.css", "/page.js", "/charts.js", "/outcomes.js", "/icon.svg", "/none"]
)
async def test_every_answer_forbids_what_the_page_does_not_need(site: Site, path: str) -> None:
    async with site.client.get(path) as response:
        assert response.status == (404 if path == "/none" else 200)
        policy = response.headers["content-security-policy"]
        text = await response.text()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(
        r"<script(?! type=\"module\" src=\"/)|\son\w+=|style=\"|innerHTML|https?://(?!www\.w3)", text
    )


async def test_only_names_of_this_machine_are_answered(site: Site) -> None:
    for name in ("localhost", "127.0.0.1:1", "[::1]:8088", "LOCALHOST:8088"):
        assert await site.status("/data.json", host=name) == 200
    for name in ("evil.example", "127.0.0.1.evil.example", "", "[::2]", "localhost.evil"):
        assert await site.status("/data.json", host=name) == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 (nothing listens there)
async def test_names_that_are_allowed_are_answered_and_no_others(host: str) -> None:
    page = Page(host=host, names=["events.example.org"])

    async def status(client: "TestClient[Any, Any]", path: str, name: str) -> int:
        async with client.get(path, headers={"host": name}) as response:
            return response.status

    async with TestClient(TestServer(page.application)) as client:
        for name in ("events.example.org", "Events.Example.org:8443", "localhost", "127.0.0.1:8088"):
            assert await status(client, "/data.json", name) == 200
        for name in ("evil.example", "x.events.example.org", "events.example.org.evil", "10.0.0.7", ""):
            assert await status(client, "/data.json", name) == 421
            assert await status(client, "/", name) == 421
        assert await status(client, "/live", "10.0.0.7:8088") == 200, "a probe knows an address only"


async def test_an_address_that_others_reach_is_answered_by_any_name() -> None:
    page = Page(host="0.0.0.0")  # noqa: S104 (nothing listens there)
    async with (
        TestClient(TestServer(page.application)) as client,
        client.get("/live", headers={"host": "pipeline.example"}) as response,
    ):
        assert (response.status, await response.json()) == (200, {"live": True})


async def test_a_port_that_is_taken_is_told(site: Site) -> None:
    port = site.client.port
    assert port is not None
    with pytest.raises(CannotListenError, match=f"^127.0.0.1, port {port}: "):
        async with serving(site.page.answers, "127.0.0.1", port, ()):
            raise AssertionError("nothing is served")


async def test_the_address_that_is_told_is_the_one_that_answers(site: Site) -> None:
    async with serving(site.page.answers, "::1", 0, ()) as url, aiohttp.ClientSession() as session:
        assert url.startswith("http://[::1]:")
        async with session.get(f"{url}live") as response:
            assert response.status == 200


async def test_the_longest_message_id_can_be_asked_for(site: Site) -> None:
    longest = "\U0001f600" * 1024
    await site.show(audit_record(message_id=longest))
    async with (
        serving(site.page.answers, "127.0.0.1", 0, ()) as url,
        aiohttp.ClientSession() as session,
        session.get(f"{url}event/{quote(longest)}.json") as response,
    ):
        assert len(json.loads(await response.read())["outcomes"]) == 1


def test_a_long_report_is_good_for_a_while() -> None:
    clock = FakeClock()
    page = Page(clock)

    def total(window: str, **narrowed: str) -> int:
        answer = json.loads(page.answers.data({"window": window, **narrowed}))
        return int(answer["report"]["total"])

    assert (total("1h"), total("24h")) == (0, 0)
    page.view.add(audit_record(), clock.now_ms(), clock.now_ms())
    assert (total("1h"), total("24h"), total("24h", event="Order Completed")) == (1, 0, 1)
    clock.elapsed_s += 10
    assert total("24h") == 1
    for number in range(100):
        total("24h", event=str(number))
    assert len(page.answers._made) <= 16


async def test_a_question_that_makes_no_sense_is_refused(site: Site) -> None:
    assert await site.status("/data.json?window=9y") == 400
    assert await site.status("/events.json?outcome=all") == 400
    async with site.client.post("/data.json") as response:
        assert response.status == 405


async def test_a_hundred_thousand_records_are_read_and_answered_quickly(site: Site) -> None:
    """The limits are ten times what an idle machine takes."""
    value = encode(audit_record())
    await site.show(*(value.replace(b"order-1", b"m-%d" % number) for number in range(100_000)))
    began = time.monotonic()
    data = await site.get("/data.json?window=24h")
    found = await site.get("/events.json?search=m-99999")
    assert data["report"]["total"] == 100_000
    assert [seen["key"] for seen in found["outcomes"]] == ["m-99999"]
    assert time.monotonic() - began < 5
