"""The sandbox by its own door: checks, memory, faults while it runs."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from pipeline.adapters.sandbox import Expectation, Faults, Sandbox, SandboxSettings, Story
from pipeline.core.credentials import authentication_query
from pipeline.core.request import request_headers
from tests.support.http_client import API_KEY, SITECODE
from tests.support.segment_bodies import body, event

HEADERS = request_headers(API_KEY, SITECODE, "tests")


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


async def post(
    client: aiohttp.ClientSession, sandbox: Sandbox, content: bytes = b"", **headers: str | None
) -> tuple[int, Any]:
    """Send a request, a good one by default; a header set to None is left out."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    merged = {name: value for name, value in {**HEADERS, **names}.items() if value is not None}
    skipped = ["content-type"]
    async with client.post(
        sandbox.endpoint, data=content or body(), headers=merged, skip_auto_headers=skipped
    ) as response:
        return response.status, await response.json()


async def get(client: aiohttp.ClientSession, sandbox: Sandbox, path: str) -> Any:
    async with client.get(sandbox.url + path) as response:
        assert response.status == 200
        return await response.json()


async def test_a_good_request_is_taken(client: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    assert await post(client, sandbox) == (200, {})


@pytest.mark.parametrize(
    "name, value, status",
    [
        ("authorization", None, 401),
        ("authorization", "Basic ", 401),
        ("authorization", f"Bearer {API_KEY}", 401),
        ("x_segment_settings", None, 403),
        ("x_segment_settings", "too short", 403),
        ("content_type", None, 415),
        ("content_type", "text/plain", 415),
    ],
)
async def test_a_header_that_is_wrong_is_refused(
    client: aiohttp.ClientSession, sandbox: Sandbox, name: str, value: str | None, status: int
) -> None:
    answered, told = await post(client, sandbox, body(), **{name: value})
    assert answered == status
    assert name.replace("_", "-") in told["error"]


async def test_a_content_type_may_have_parameters(client: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    assert await post(client, sandbox, content_type="Application/JSON; charset=utf-8") == (200, {})


@pytest.mark.parametrize(
    "content, error",
    [
        (b"{", "not JSON"),
        (b"\xff{}", "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'"text"', "an event must be an object"),
        (json.dumps([event()]).encode(), "array"),
        (b"{}", "type is missing"),
        (json.dumps({**event(), "type": 5}).encode(), "type must be text"),
        (json.dumps({**event(), "properties": []}).encode(), "properties must be an object"),
        (json.dumps({**event(), "receivedAt": "now"}).encode(), "receivedAt is not a known field"),
        (json.dumps({**event(), "kameleoonVisitorCode": "x"}).encode(), "is not a known field"),
        (json.dumps(event(properties={"kameleoonVisitorCode": 5})).encode(), "VisitorCode must be text"),
        (json.dumps({**event(), "type": "group"}).encode(), "groupId is missing"),
        (body(status="soon"), "properties.sandbox: status"),
        (body(fault="explode"), "properties.sandbox: fault"),
        (body(delay_ms=-1), "properties.sandbox: delay_ms"),
        (body(delay_ms=10**400), "properties.sandbox: delay_ms"),
        (body(retry_after="date+" + "9" * 20), "properties.sandbox: retry_after"),
        (body(retry_after=True), "properties.sandbox: retry_after"),
        (body(retry_after="a\r\nb"), "properties.sandbox: retry_after"),
        (body(colour="red"), "properties.sandbox: unknown key colour"),
    ],
)
async def test_a_body_that_is_wrong_is_refused(
    client: aiohttp.ClientSession, sandbox: Sandbox, content: bytes, error: str
) -> None:
    status, told = await post(client, sandbox, content)
    assert status == 400
    assert error in told["error"]


@pytest.mark.parametrize("missing", ["type", "timestamp", "properties", "messageId"])
async def test_a_required_field_is_required(
    client: aiohttp.ClientSession, sandbox: Sandbox, missing: str
) -> None:
    content = {name: value for name, value in event().items() if name != missing}
    status, told = await post(client, sandbox, json.dumps(content).encode())
    assert (status, told["error"]) == (400, f"{missing} is missing")


async def test_a_page_needs_no_message_id(client: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    """Reference: 6.4."""
    page = {**event(), "type": "page"}
    del page["messageId"]
    assert await post(client, sandbox, json.dumps(page).encode()) == (200, {})


async def test_only_post_is_taken(client: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    async with client.get(sandbox.endpoint, headers=HEADERS) as response:
        assert response.status == 405


async def test_a_body_beyond_the_limit_is_413(client: aiohttp.ClientSession) -> None:
    async with (
        Sandbox(SandboxSettings(max_body_bytes=1000)) as small,
        client.post(small.endpoint, data=b"x" * 1001, headers=HEADERS) as response,
    ):
        assert response.status == 413


async def test_an_expected_key_and_sitecode_are_the_only_ones(client: aiohttp.ClientSession) -> None:
    expected = Expectation(API_KEY, SITECODE, arrays=True)
    async with Sandbox(SandboxSettings(expected=expected)) as strict:
        assert await post(client, strict) == (200, {})
        assert (await post(client, strict, authorization="Basic b3RoZXI="))[0] == 401
        assert (await post(client, strict, x_segment_settings="9876543210"))[0] == 403
        assert await post(client, strict, json.dumps([event("a"), event("b")]).encode()) == (200, {})


async def test_credentials_are_checked_by_their_query(client: aiohttp.ClientSession) -> None:
    query = authentication_query(API_KEY)
    async with Sandbox(SandboxSettings(expected=Expectation(API_KEY))) as strict:

        async def probe(question: str) -> int:
            async with client.get(f"{strict.endpoint}/getapikey?{question}") as response:
                return response.status

        assert [await probe(f"{query}"), await probe("id=a&secret=x"), await probe("")] == [200, 401, 401]
        strict.faults = Faults(refuse_auth=True)
        assert await probe(f"{query}") == 401


async def test_requests_are_served_in_order_and_by_page(
    client: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    for n in range(5):
        await post(client, sandbox, body(f"m-{n}", status=429 if n == 3 else 200))
    first = await get(client, sandbox, "/_sandbox/requests?limit=2")
    rest = await get(client, sandbox, f"/_sandbox/requests?since={first['next']}")
    shown = first["requests"] + rest["requests"]
    assert [request["body"]["messageId"] for request in shown] == [f"m-{n}" for n in range(5)]
    assert [request["status"] for request in shown] == [200, 200, 200, 429, 200]
    assert [request["seq"] for request in shown] == [1, 2, 3, 4, 5]
    assert (await get(client, sandbox, "/_sandbox/requests?since=5"))["requests"] == []


async def test_what_is_shown_holds_no_key(client: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    await post(client, sandbox)
    shown = await get(client, sandbox, "/_sandbox/requests")
    assert API_KEY not in json.dumps(shown)
    assert shown["requests"][0]["headers"]["x-segment-settings"] == SITECODE


async def test_bodies_are_shown_as_they_came(client: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    exact = b'{"type":"page","timestamp":"t","properties":{"n":12345678901234567890123,"s":"\\ud800"}}'
    await post(client, sandbox, exact)
    await post(client, sandbox, b"no \xff JSON")
    async with client.get(sandbox.url + "/_sandbox/requests") as response:
        raw = await response.read()
    assert exact in raw
    assert json.loads(raw)["requests"][1]["text"] == "no \ufffd JSON"


@pytest.mark.parametrize("query", ["since=x", "limit=-1", "since=" + "9" * 40])
async def test_a_page_is_asked_for_in_numbers(
    client: aiohttp.ClientSession, sandbox: Sandbox, query: str
) -> None:
    async with client.get(f"{sandbox.url}/_sandbox/requests?{query}") as response:
        assert response.status == 400


async def test_counts_go_on_beyond_what_is_remembered(client: aiohttp.ClientSession) -> None:
    async with Sandbox(SandboxSettings(remember=2)) as forgetful:
        for n, status in enumerate([200, 503, 200, 200]):
            await post(client, forgetful, body(f"m-{n}", status=status))
        counts = await get(client, forgetful, "/_sandbox/counts")
        kept = await get(client, forgetful, "/_sandbox/requests")
    assert counts == {
        "requests": 4,
        "events": 4,
        "accepted_events": 3,
        "by_status": {"200": 3, "503": 1},
        "by_fault": {"none": 4},
        "in_flight": 0,
        "max_in_flight": 1,
        "kept": 2,
    }
    assert [request["seq"] for request in kept["requests"]] == [3, 4]


async def test_forgetting_wipes_requests_counts_and_stories(
    client: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    told = body(status="429,200")
    assert (await post(client, sandbox, told))[0] == 429
    async with client.delete(sandbox.url + "/_sandbox/requests") as response:
        assert response.status == 204
    assert (await get(client, sandbox, "/_sandbox/counts"))["requests"] == 0
    assert (await get(client, sandbox, "/_sandbox/requests"))["requests"] == []
    assert (await post(client, sandbox, told))[0] == 429


async def test_an_outage_is_started_and_ended_while_it_runs(
    client: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    url = sandbox.url + "/_sandbox/faults"
    async with client.put(url, json={"status": "503", "retry_after": 7}) as response:
        assert response.status == 200
    assert (await get(client, sandbox, "/_sandbox/faults"))["retry_after"] == "7"
    assert (await post(client, sandbox))[0] == 503
    async with client.delete(url) as response:
        assert response.status == 204
    assert (await post(client, sandbox))[0] == 200


async def test_faults_read_back_are_the_faults_that_were_set(
    client: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    sandbox.faults = Faults(Story((429, 200), retry_after="date+5", delay_ms=1), refuse_auth=True)
    before = sandbox.faults
    told = await get(client, sandbox, "/_sandbox/faults")
    async with client.put(sandbox.url + "/_sandbox/faults", json=told) as response:
        assert response.status == 200
    assert sandbox.faults == before


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"status": "99"}', b'{"refuse_auth": 1}', b'{"x": 1}'])
async def test_faults_that_cannot_be_read_change_nothing(
    client: aiohttp.ClientSession, sandbox: Sandbox, content: bytes
) -> None:
    async with client.put(sandbox.url + "/_sandbox/faults", data=content) as response:
        assert response.status == 400
    assert sandbox.faults == Faults()


async def test_an_own_status_is_met_by_events_that_tell_none(
    client: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    sandbox.faults = Faults(Story((202,)))
    assert [(await post(client, sandbox, told))[0] for told in (body(), body(status=201))] == [202, 201]


async def test_own_steps_are_counted_by_event(client: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    sandbox.faults = Faults(Story((429, 500, 200)))
    statuses = [(await post(client, sandbox, body(name)))[0] for name in "aabaab"]
    assert statuses == [429, 500, 429, 200, 200, 500]


async def test_stopping_does_not_wait_for_a_stalled_answer(client: aiohttp.ClientSession) -> None:
    stalling = Sandbox()
    await stalling.start()
    async with client.post(stalling.endpoint, data=body(fault="stall"), headers=HEADERS) as response:
        assert response.status == 200
        await asyncio.wait_for(stalling.stop(), 5)
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_a_port_that_is_taken_is_an_error(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match="address"):
        await Sandbox(SandboxSettings(port=port)).__aenter__()
