"""The HTTP destinations on the wire: what it sends, and what it makes of well-behaved servers."""

import asyncio
import gzip
import logging
import tracemalloc
import zlib

import pytest

from pipeline.adapters.aiohttp_destination import AiohttpDestination
from pipeline.adapters.direct_destination import DirectDestination
from pipeline.core.exchange import MAX_BODY_BYTES, Answer, NoAnswer, NoAnswerKind
from pipeline.core.trace import TraceContext
from tests.support.http_client import (
    API_KEY,
    EACH_CLIENT,
    SITECODE,
    http_destination,
    http_settings,
    new_destination,
)
from tests.support.loops import BOTH_LOOPS
from tests.support.raw_server import Connection, Peer, raw_server

pytestmark = [BOTH_LOOPS, EACH_CLIENT]

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
BODY = b'{"type":"track"}'


def answering(*answers: bytes) -> Connection:
    """Answer the requests of one connection in turn, then wait for the client to hang up."""

    async def serve(peer: Peer) -> None:
        for answer in answers:
            await peer.request()
            await peer.write(answer)
        await peer.gone()

    return serve


def with_body(body: bytes, *headers: str) -> bytes:
    head = ["HTTP/1.1 200 OK", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


async def test_a_request_is_what_kameleoon_wants_and_nothing_else() -> None:
    """Reference: 6.3, 5.1; the key goes out verbatim."""
    seen: list[tuple[str, dict[str, str], bytes]] = []

    async def serve(peer: Peer) -> None:
        seen.append(await peer.request())
        await peer.write(OK)

    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        assert await destination.send(BODY) == Answer(200, None, b"{}")
    line, headers, body = seen[0]
    assert (line, body) == ("POST /segmentio HTTP/1.1", BODY)
    assert headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "kameleoon-pipeline/tests",
        "authorization": f"Basic {API_KEY}",
        "x-segment-settings": SITECODE,
        "content-type": "application/json",
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
        "content-length": str(len(BODY)),
    }


async def test_a_request_carries_a_trace_where_it_is_given_one() -> None:
    seen: list[tuple[str, dict[str, str], bytes]] = []

    async def serve(peer: Peer) -> None:
        for _ in range(3):
            seen.append(await peer.request())
            await peer.write(OK)

    whole, parent = TraceContext("00-aa-bb-01", "vendor=1"), TraceContext("00-aa-cc-00")
    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        for trace in (whole, None, parent):
            assert await destination.send(BODY, trace) == Answer(200, None, b"{}")
    first, plain, last = (headers for _, headers, _ in seen)
    assert first == {**plain, "traceparent": "00-aa-bb-01", "tracestate": "vendor=1"}
    assert last == {**plain, "traceparent": "00-aa-cc-00"}
    assert "traceparent" not in plain
    assert {(line, body) for line, _, body in seen} == {("POST /segmentio HTTP/1.1", BODY)}


async def test_connections_are_kept() -> None:
    async with (
        raw_server(answering(*[OK] * 5)) as server,
        http_destination(server.endpoint) as destination,
    ):
        for _ in range(5):
            assert await destination.send(BODY) == Answer(200, None, b"{}")
    assert server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    redirect = f"HTTP/1.1 {status} Elsewhere\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n".encode()
    async with raw_server(answering(redirect)) as server, http_destination(server.endpoint) as destination:
        assert await destination.send(BODY) == Answer(status)
    assert server.connections == 1


async def test_cookies_are_not_kept() -> None:
    seen: list[dict[str, str]] = []

    async def serve(peer: Peer) -> None:
        for _ in range(2):
            seen.append((await peer.request())[1])
            await peer.write(with_body(b"", "set-cookie: a=b; Path=/"))

    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        await destination.send(BODY)
        await destination.send(BODY)
    assert ["cookie" in headers for headers in seen] == [False, False]


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"]
)
async def test_an_interim_answer_is_not_the_answer(interim: bytes) -> None:
    async with (
        raw_server(answering(interim + interim + OK)) as server,
        http_destination(server.endpoint) as destination,
    ):
        assert await destination.send(BODY) == Answer(200, None, b"{}")


@pytest.mark.parametrize(
    "answer",
    [
        with_body(gzip.compress(b"hello", mtime=0), "content-encoding: gzip"),
        with_body(gzip.compress(b"hello", mtime=0), "content-encoding: X-GZIP"),
        with_body(zlib.compress(b"hello"), "content-encoding: deflate"),
        with_body(zlib.compress(b"hello")[2:-4], "content-encoding: deflate"),
        with_body(b"hello", "content-encoding: gzip"),
        with_body(b"hello", "content-encoding: br"),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    ],
)
async def test_a_body_is_read_whatever_its_encoding(answer: bytes) -> None:
    """What does not keep to its encoding is still a complete answer."""
    async with raw_server(answering(answer)) as server, http_destination(server.endpoint) as destination:
        assert await destination.send(BODY) == Answer(200, None, b"hello")


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.write(b"HTTP/1.0 200 OK\r\n\r\nhello")

    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        assert await destination.send(BODY) == Answer(200, None, b"hello")


async def test_a_decompression_bomb_stays_small() -> None:
    bomb = with_body(gzip.compress(bytes(50_000_000), mtime=0), "content-encoding: gzip")
    async with raw_server(answering(bomb)) as server, http_destination(server.endpoint) as destination:
        tracemalloc.start()
        answer = await destination.send(BODY)
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert answer == Answer(200, None, bytes(MAX_BODY_BYTES))
    assert peak_bytes < 4_000_000


async def test_a_huge_body_is_read_to_its_end_and_its_beginning_kept() -> None:
    megabyte = b"x" * 1_000_000

    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 40000000\r\n\r\n")
        for _ in range(40):
            await peer.write(megabyte)
        await peer.request()
        await peer.write(OK)

    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        tracemalloc.start()
        answer = await destination.send(BODY)
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert await destination.send(BODY) == Answer(200, None, b"{}")
    assert answer == Answer(200, None, b"x" * MAX_BODY_BYTES)
    assert peak_bytes < 8_000_000
    assert server.connections == 1


async def test_proxies_of_the_environment_count_only_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve_proxy(peer: Peer) -> None:
        line, _, _ = await peer.request()
        await peer.write(with_body(line.encode()))

    async with raw_server(serve_proxy) as proxy, raw_server(answering(OK)) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with http_destination(server.endpoint) as plain:
            assert await plain.send(BODY) == Answer(200, None, b"{}")
        proxied = AiohttpDestination(http_settings(server.endpoint, use_environment_proxy=True))
        line = f"POST {server.endpoint} HTTP/1.1"
        assert await proxied.send(BODY) == Answer(200, None, line.encode())
        await proxied.close()


async def test_the_client_that_knows_no_proxies_says_so() -> None:
    with pytest.raises(ValueError, match="client: aiohttp"):
        DirectDestination(http_settings("http://localhost/", use_environment_proxy=True))


async def test_headers_that_a_rule_asks_for_come_with_the_answer() -> None:
    answer = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-b: 2\r\nx-a: 3\r\ncontent-length: 2\r\n\r\n{}"
    async with raw_server(answering(answer, answer)) as server:
        async with http_destination(server.endpoint, kept_headers=("x-a", "x-c")) as destination:
            assert await destination.send(BODY) == Answer(200, None, b"{}", (("x-a", "1, 3"),))
        async with http_destination(server.endpoint) as destination:
            assert await destination.send(BODY) == Answer(200, None, b"{}")


async def test_nothing_logs_or_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.write(b"nonsense\r\n\r\n")

    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        exchange = await destination.send(BODY)
        assert API_KEY not in caplog.text + repr(exchange) + repr(destination)
    assert API_KEY not in repr(http_settings("http://localhost/"))


@pytest.mark.parametrize(
    "endpoint",
    ["", "localhost", "ftp://localhost/", "http://", "http://user:pass@localhost/", "http://user@host"],
)
async def test_an_endpoint_must_be_a_plain_url(endpoint: str) -> None:
    with pytest.raises(ValueError, match="endpoint"):
        http_settings(endpoint)


@pytest.mark.parametrize("name", ["api_key", "sitecode", "user_agent"])
async def test_headers_cannot_be_broken_out_of(name: str) -> None:
    with pytest.raises(ValueError, match="header"):
        http_settings("http://localhost/", **{name: "a\r\nx: y"})


async def test_cancelling_ends_the_exchange_and_closing_its_connection() -> None:
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def serve(peer: Peer) -> None:
        await peer.request()
        arrived.set()
        await peer.gone()
        gone.set()

    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        sending = asyncio.ensure_future(destination.send(BODY))
        await arrived.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await destination.close()
        await gone.wait()


async def test_closing_ends_exchanges_under_way_without_an_answer() -> None:
    arrived = asyncio.Event()

    async def serve(peer: Peer) -> None:
        await peer.request()
        arrived.set()
        await peer.gone()

    async with raw_server(serve) as server:
        destination = new_destination(http_settings(server.endpoint))
        sending = asyncio.ensure_future(destination.send(BODY))
        await arrived.wait()
        await destination.close()
        exchange = await sending
    assert isinstance(exchange, NoAnswer)
    assert (exchange.kind, exchange.bytes_written) == (NoAnswerKind.CONNECTION_LOST, True)
