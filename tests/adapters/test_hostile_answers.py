"""The HTTP destinations against a server that means harm: each exchange ends in time, little is kept."""

import gzip
import tracemalloc
from collections.abc import Awaitable, Callable

import pytest

from pipeline.core.exchange import MAX_BODY_BYTES, Answer, Exchange, NoAnswer, NoAnswerKind
from pipeline.core.retry import MAX_RETRY_AFTER_S, retry_after_s
from pipeline.core.verdict import Refused, Throttled, Transient, judge
from tests.support.clock import START_MS
from tests.support.http_client import EACH_CLIENT, http_destination
from tests.support.raw_server import Peer, raw_server

pytestmark = EACH_CLIENT

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
MANY_HEADERS = b"".join(b"h%d: v\r\n" % number for number in range(1000))
MOST_KEPT_BYTES = 8_000_000


def endless(head: bytes, part: bytes) -> Callable[[Peer], Awaitable[None]]:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.write(head)
        while True:
            await peer.write(part)

    return serve


async def answered(serve: Callable[[Peer], Awaitable[None]], timeout_s: float) -> Exchange:
    async with raw_server(serve) as server, http_destination(server.endpoint, timeout_s=timeout_s) as sending:
        return await sending.send(b"{}")


async def answered_once_asked(serve: Callable[[Peer], Awaitable[None]]) -> Exchange:
    """The exchange; again with more time where the machine stood still before anything was sent."""
    exchange = await answered(serve, timeout_s=0.4)
    if isinstance(exchange, NoAnswer) and not exchange.bytes_written:
        exchange = await answered(serve, timeout_s=10)
    return exchange


async def answered_by(answer: bytes) -> Exchange:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.write(answer)
        await peer.gone()

    return await answered(serve, timeout_s=20)


@pytest.mark.parametrize(
    "head, part",
    [
        pytest.param(OK, MANY_HEADERS, id="headers"),
        pytest.param(OK, b"a: b\r\n" * 1000, id="the same header"),
        pytest.param(OK + b"a: ", b"x" * 60_000, id="one header"),
        pytest.param(OK, b"x" * 60_000, id="a header's name"),
        pytest.param(b"HTTP/1.1 200 ", b"x" * 60_000, id="the status line"),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, id="100 Continue"),
        pytest.param(CHUNKED + b"5;", b"x" * 60_000, id="the extension of a chunk"),
        pytest.param(CHUNKED + b"7FFFFFFFFFFFFFFF\r\n", b"x" * 60_000, id="one chunk"),
        pytest.param(CHUNKED, b"1\r\nx\r\n" * 1000, id="chunks of one byte"),
        pytest.param(CHUNKED + b"0\r\n", MANY_HEADERS, id="trailers"),
    ],
)
async def test_what_never_ends_is_no_answer_and_is_not_kept(head: bytes, part: bytes) -> None:
    tracemalloc.start()
    try:
        exchange = await answered_once_asked(endless(head, part))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(exchange, NoAnswer)
    assert exchange.kind in {NoAnswerKind.PROTOCOL, NoAnswerKind.TIMEOUT}
    assert exchange.bytes_written
    assert peak < MOST_KEPT_BYTES


async def test_of_a_body_that_unpacks_to_much_little_is_unpacked() -> None:
    body = gzip.compress(bytes(50_000_000))
    head = OK + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(body)
    tracemalloc.start()
    try:
        exchange = await answered_by(head + body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(exchange, Answer)
    assert len(exchange.body) == MAX_BODY_BYTES
    assert peak < MOST_KEPT_BYTES


@pytest.mark.parametrize(
    "fields",
    [
        b"content-length: -5\r\n\r\n{}",
        b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
        b"content-length: 99999999999999999999999\r\n\r\n{}",
        b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nxx",
        b"x: a\x00b\r\ncontent-length: 0\r\n\r\n",
    ],
)
async def test_an_answer_of_two_meanings_is_none(fields: bytes) -> None:
    exchange = await answered_by(OK + fields)
    assert isinstance(exchange, NoAnswer)
    assert judge(exchange) == Transient()


@pytest.mark.parametrize("status", [b"000", b"099", b"600", b"999"])
async def test_a_status_that_none_knows_accepts_nothing(status: bytes) -> None:
    exchange = await answered_by(b"HTTP/1.1 " + status + b" X\r\ncontent-length: 0\r\n\r\n")
    assert exchange == Answer(int(status))
    assert judge(exchange) == Transient()


async def test_a_loop_of_redirects_is_one_answer() -> None:
    requests = 0

    async def serve(peer: Peer) -> None:
        nonlocal requests
        while True:
            await peer.request()
            requests += 1
            await peer.write(b"HTTP/1.1 308 X\r\nlocation: /segmentio\r\ncontent-length: 0\r\n\r\n")

    exchange = await answered(serve, timeout_s=20)

    assert (exchange, requests) == (Answer(308), 1)
    assert judge(exchange) == Refused()


async def test_an_answer_that_nobody_asked_for_does_not_answer_the_next_request() -> None:
    requests = 0

    async def serve(peer: Peer) -> None:
        nonlocal requests
        while True:
            await peer.request()
            requests += 1
            await peer.write((OK + b"content-length: 0\r\n\r\n") * 2)

    async with raw_server(serve) as server, http_destination(server.endpoint) as sending:
        assert await sending.send(b"{}") == await sending.send(b"{}") == Answer(200)
    assert (requests, server.connections) == (2, 2)


async def test_a_retry_after_of_any_length_means_no_more_than_its_bound() -> None:
    exchange = await answered_by(
        b"HTTP/1.1 429 X\r\nretry-after: " + b"9" * 8000 + b"\r\ncontent-length: 0\r\n\r\n"
    )
    verdict = judge(exchange)
    assert isinstance(verdict, Throttled)
    assert retry_after_s(verdict.retry_after, START_MS) == MAX_RETRY_AFTER_S
