"""What every Destination does: the fake, and both HTTP clients against the sandbox."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from pipeline.adapters.http_settings import HttpSettings
from pipeline.adapters.sandbox import Faults, Sandbox, SandboxSettings, Story
from pipeline.adapters.sandbox.checks import Expectation
from pipeline.core.exchange import Answer, Exchange, NoAnswer, NoAnswerKind
from pipeline.core.retry import retry_after_s
from pipeline.ports import Destination
from tests.support.destination import NOW_S, FakeDestination
from tests.support.http_client import CLIENTS
from tests.support.loops import BOTH_LOOPS
from tests.support.segment_bodies import body, event

pytestmark = BOTH_LOOPS

API_KEY = "eyJpZCI6ICJhIn0="
SITECODE = "0123456789"
STATUSES = [200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 408, 413, 422, 423, 429]
STATUSES += [500, 501, 502, 503, 504, 520, 599]


class World(Protocol):
    """A destination and the means to trouble it."""

    async def destination(self, *, timeout_s: float = 10.0) -> Destination: ...
    async def unreachable(self) -> Destination: ...
    def set_faults(self, faults: Faults) -> None: ...
    def bodies(self) -> list[bytes]: ...
    def now_s(self) -> float: ...


class FakeWorld:
    """Each destination is a fake."""

    def __init__(self) -> None:
        self._fake = FakeDestination()

    async def destination(self, *, timeout_s: float = 10.0) -> Destination:
        self._fake = FakeDestination(timeout_s=timeout_s)
        return self._fake

    async def unreachable(self) -> Destination:
        self._fake.is_reachable = False
        return self._fake

    def set_faults(self, faults: Faults) -> None:
        self._fake.faults = faults

    def bodies(self) -> list[bytes]:
        return self._fake.sent

    def now_s(self) -> float:
        return NOW_S


class HttpWorld:
    """Each destination is an HTTP client of one sandbox."""

    def __init__(self, sandbox: Sandbox, stack: AsyncExitStack, client: str) -> None:
        self._sandbox = sandbox
        self._stack = stack
        self._new = CLIENTS[client]

    async def destination(self, *, timeout_s: float = 10.0) -> Destination:
        return self._client(self._sandbox.endpoint, timeout_s)

    async def unreachable(self) -> Destination:
        bound = self._stack.enter_context(socket.socket())
        bound.bind(("127.0.0.1", 0))
        return self._client(f"http://127.0.0.1:{bound.getsockname()[1]}/segmentio", 10.0)

    def set_faults(self, faults: Faults) -> None:
        self._sandbox.faults = faults

    def bodies(self) -> list[bytes]:
        return [received.body for received in self._sandbox.received()]

    def now_s(self) -> float:
        return time.time()

    def _client(self, endpoint: str, timeout_s: float) -> Destination:
        settings = HttpSettings(
            endpoint=endpoint, api_key=API_KEY, sitecode=SITECODE, user_agent="tests", timeout_s=timeout_s
        )
        destination = self._new(settings)
        self._stack.push_async_callback(destination.close)
        return destination


@pytest.fixture(params=["fake", *CLIENTS])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "fake":
        yield FakeWorld()
        return
    expected = Expectation(API_KEY, SITECODE, arrays=True)
    async with Sandbox(SandboxSettings(expected=expected)) as sandbox, AsyncExitStack() as stack:
        yield HttpWorld(sandbox, stack, request.param)


async def send(destination: Destination, message_id: str = "m-1", **story: Any) -> Exchange:
    return await destination.send(body(message_id, **story))


def status(exchange: Exchange) -> int | None:
    return exchange.status if isinstance(exchange, Answer) else None


@pytest.mark.parametrize("expected", STATUSES)
async def test_each_status_is_a_complete_answer(world: World, expected: int) -> None:
    destination = await world.destination()
    assert status(await send(destination, status=expected)) == expected


async def test_attempts_meet_the_steps_of_their_events_story_and_the_last_repeats(world: World) -> None:
    destination = await world.destination()
    answers = [await send(destination, "a", status="429,500,200") for _ in range(4)]
    assert [status(answer) for answer in answers] == [429, 500, 200, 200]


async def test_each_event_has_its_own_story(world: World) -> None:
    destination = await world.destination()
    first = [await send(destination, name, status="503,200") for name in ("a", "b")]
    second = [await send(destination, name, status="503,200") for name in ("b", "a")]
    assert [status(answer) for answer in first + second] == [503, 503, 200, 200]


async def test_bodies_arrive_untouched_and_in_order(world: World) -> None:
    destination = await world.destination()
    bodies = [
        json.dumps(event(f"m-{n}", name="\u00e9 \U0001f600"), ensure_ascii=n % 2 == 0).encode()
        for n in range(5)
    ]
    for content in bodies:
        await destination.send(content)
    assert world.bodies() == bodies


async def test_a_large_body_arrives_whole(world: World) -> None:
    destination = await world.destination()
    content = json.dumps(event(properties={"text": "x" * 3_000_000})).encode()
    assert status(await destination.send(content)) == 200
    assert world.bodies() == [content]


@pytest.mark.parametrize("told, header", [(1, "1"), (0.5, "0.5"), ("soon", "soon")])
async def test_retry_after_comes_as_received(world: World, told: float | str, header: str) -> None:
    answer = await send(await world.destination(), status=429, retry_after=told)
    assert isinstance(answer, Answer)
    assert answer.retry_after == header


async def test_retry_after_may_be_a_date(world: World) -> None:
    answer = await send(await world.destination(), status=503, retry_after="date+30")
    assert isinstance(answer, Answer)
    seconds = retry_after_s(answer.retry_after, int(world.now_s() * 1000))
    assert seconds is not None
    assert 20 < seconds <= 30


async def test_success_says_nothing_of_a_retry(world: World) -> None:
    answer = await send(await world.destination(), status=200, retry_after=1)
    assert isinstance(answer, Answer)
    assert answer.retry_after is None


@pytest.mark.parametrize("fault", ["reset", "truncate"])
async def test_a_lost_connection_is_no_answer_to_written_bytes(world: World, fault: str) -> None:
    exchange = await send(await world.destination(), fault=fault)
    assert isinstance(exchange, NoAnswer)
    assert (exchange.kind, exchange.bytes_written) == (NoAnswerKind.CONNECTION_LOST, True)


async def test_a_body_that_stalls_after_a_success_status_is_no_answer(world: World) -> None:
    exchange = await send(await world.destination(timeout_s=1), fault="stall")
    assert exchange == NoAnswer(NoAnswerKind.TIMEOUT, "no answer within 1 s", bytes_written=True)


async def test_an_answer_that_is_too_slow_is_no_answer(world: World) -> None:
    exchange = await send(await world.destination(timeout_s=1), delay_ms=60_000)
    assert exchange == NoAnswer(NoAnswerKind.TIMEOUT, "no answer within 1 s", bytes_written=True)


async def test_an_answer_within_the_limit_counts(world: World) -> None:
    assert status(await send(await world.destination(), delay_ms=1)) == 200


async def test_a_refused_connection_writes_nothing(world: World) -> None:
    exchange = await send(await world.unreachable())
    assert exchange == NoAnswer(
        NoAnswerKind.CONNECTION_REFUSED, "the connection was refused", bytes_written=False
    )
    assert world.bodies() == []


@pytest.mark.parametrize("fault", ["reset", "truncate", "stall"])
async def test_a_destination_recovers_from_a_fault(world: World, fault: str) -> None:
    destination = await world.destination(timeout_s=1.0)
    first = await send(destination, "a", fault=f"{fault},none")
    assert isinstance(first, NoAnswer)
    assert status(await send(destination, "a", fault=f"{fault},none")) == 200


async def test_an_outage_spoils_every_event_and_no_story(world: World) -> None:
    destination = await world.destination()
    world.set_faults(Faults(Story(statuses=(503,), retry_after="7")))
    during = [await send(destination, name, status="429,200") for name in ("a", "b", "a")]
    world.set_faults(Faults())
    after = [await send(destination, "a", status="429,200") for _ in range(2)]
    assert during == [Answer(503, "7", body=during[0].body if isinstance(during[0], Answer) else b"")] * 3
    assert [status(answer) for answer in after] == [429, 200]


async def test_refused_credentials_are_401_for_every_event(world: World) -> None:
    destination = await world.destination()
    world.set_faults(Faults(refuse_auth=True))
    assert status(await send(destination)) == 401


async def test_a_known_key_is_told_so_and_sends_nothing(world: World) -> None:
    destination = await world.destination()
    assert status(await destination.check_credentials()) == 200
    assert world.bodies() == []


async def test_a_key_that_is_refused_is_told_so_until_it_is_taken(world: World) -> None:
    destination = await world.destination()
    world.set_faults(Faults(refuse_auth=True))
    refused = [status(await destination.check_credentials()) for _ in range(2)]
    world.set_faults(Faults())
    assert refused == [401, 401]
    assert status(await destination.check_credentials()) == 200


async def test_asking_about_the_key_of_an_unreachable_endpoint_writes_nothing(world: World) -> None:
    exchange = await (await world.unreachable()).check_credentials()
    assert isinstance(exchange, NoAnswer)
    assert exchange.kind is NoAnswerKind.CONNECTION_REFUSED


async def test_a_closed_destination_asks_nobody(world: World) -> None:
    destination = await world.destination()
    await destination.close()
    exchange = await destination.check_credentials()
    assert isinstance(exchange, NoAnswer)
    assert not exchange.bytes_written


async def test_concurrent_requests_get_their_own_answers(world: World) -> None:
    destination = await world.destination()
    expected = [200, 400, 429, 500, 503] * 4
    answers = await asyncio.gather(
        *(send(destination, f"m-{n}", status=told) for n, told in enumerate(expected))
    )
    assert [status(answer) for answer in answers] == expected


async def test_an_array_meets_the_first_fate_that_is_not_fine(world: World) -> None:
    destination = await world.destination()
    stories: list[dict[str, Any]] = [{}, {"sandbox": {"status": "422"}}, {"sandbox": {"status": "500"}}]
    events = [event(f"m-{n}", properties=properties) for n, properties in enumerate(stories)]
    assert status(await destination.send(json.dumps(events).encode())) == 422
    assert status(await destination.send(json.dumps(events[:1]).encode())) == 200


async def test_no_detail_holds_a_secret_or_an_address(world: World) -> None:
    destination = await world.destination(timeout_s=1)
    exchanges = [await send(destination, fault=fault) for fault in ("reset", "truncate", "stall")]
    exchanges.append(await send(await world.unreachable()))
    for exchange in exchanges:
        assert isinstance(exchange, NoAnswer)
        assert exchange.detail
        assert not any(secret in exchange.detail for secret in (API_KEY, SITECODE, "127.0.0.1", "http"))


async def test_close_may_be_repeated_and_ends_sending(world: World) -> None:
    destination = await world.destination()
    await send(destination)
    await destination.close()
    await destination.close()
    exchange = await send(destination)
    assert isinstance(exchange, NoAnswer)
    assert not exchange.bytes_written
