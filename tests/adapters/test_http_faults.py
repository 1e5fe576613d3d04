"""The HTTP destinations against the odd: every exchange ends, and the truth is told of written bytes."""

import asyncio
import socket
import ssl
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.exchange import Answer, Exchange, NoAnswer, NoAnswerKind
from tests.support.http_client import EACH_CLIENT, http_destination
from tests.support.loops import BOTH_LOOPS
from tests.support.raw_server import CERTIFICATE, Peer, raw_server

pytestmark = [BOTH_LOOPS, EACH_CLIENT]

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
BODY = b'{"type":"track"}'


def seen(exchange: Exchange) -> tuple[NoAnswerKind, bool]:
    assert isinstance(exchange, NoAnswer)
    return exchange.kind, exchange.bytes_written


async def turns_of_the_loop() -> None:
    """Let the loop read what has arrived on its sockets."""
    for _ in range(10):
        await asyncio.sleep(0)


async def send_to(script: bytes, **settings: Any) -> Exchange:
    """Send one request to a server that reads it, writes `script` and hangs up."""

    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.write(script)

    async with raw_server(serve) as server, http_destination(server.endpoint, **settings) as destination:
        return await destination.send(BODY)


@pytest.mark.parametrize(
    "script",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
async def test_an_answer_cut_off_at_any_place_is_no_answer(script: bytes) -> None:
    assert seen(await send_to(script)) == (NoAnswerKind.CONNECTION_LOST, True)


@pytest.mark.parametrize(
    "script",
    [
        b"220 smtp.example ESMTP\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_no_answer(script: bytes) -> None:
    assert seen(await send_to(script)) == (NoAnswerKind.PROTOCOL, True)


async def test_a_chunk_without_a_size_is_no_answer() -> None:
    exchange = await send_to(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n")
    assert isinstance(exchange, NoAnswer)
    assert exchange.bytes_written


@given(
    st.lists(
        st.sampled_from(
            [b"HTTP/1.1 ", b"200 OK", b"\r\n", b"\r\n\r\n", b"content-length: 2", b"0", b"{}", b"\x00"]
        )
        | st.binary(max_size=8)
    )
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_bytes_of_a_server_make_it_raise(pieces: list[bytes]) -> None:
    exchange = await send_to(b"".join(pieces), timeout_s=5)
    assert isinstance(exchange, Answer) or exchange.bytes_written


async def test_headers_that_trickle_do_not_stretch_the_limit() -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.write(b"HTTP/1.1 200 OK\r\nx: y")
        await peer.gone()

    async with raw_server(serve) as server, http_destination(server.endpoint, timeout_s=1) as destination:
        assert seen(await destination.send(BODY)) == (NoAnswerKind.TIMEOUT, True)


async def test_a_body_without_end_does_not_stretch_the_limit() -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await peer.write(b"x" * 65_536)

    async with raw_server(serve) as server, http_destination(server.endpoint, timeout_s=1) as destination:
        assert seen(await destination.send(BODY)) == (NoAnswerKind.TIMEOUT, True)


async def test_a_kept_connection_that_the_server_closed_is_not_used_again() -> None:
    closed = asyncio.Event()

    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.write(OK)
        await peer.hang_up()
        closed.set()

    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        for _ in range(3):
            assert await destination.send(BODY) == Answer(200, None, b"{}")
            await closed.wait()
            closed.clear()
            await turns_of_the_loop()
    assert server.connections == 3


async def test_a_kept_connection_that_fails_under_a_request_is_not_retried() -> None:
    """The POST may have been read: whether to repeat it is not the client's to decide."""
    requests = 0

    async def serve(peer: Peer) -> None:
        nonlocal requests
        for answer in (OK, b""):
            await peer.request()
            requests += 1
            await peer.write(answer)

    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        assert await destination.send(BODY) == Answer(200, None, b"{}")
        assert seen(await destination.send(BODY)) == (NoAnswerKind.CONNECTION_LOST, True)
        assert await destination.send(BODY) == Answer(200, None, b"{}")
    assert (server.connections, requests) == (2, 3)


async def test_an_answer_before_the_body_was_read_counts_and_the_connection_is_dropped() -> None:
    async def serve(peer: Peer) -> None:
        await peer.head()
        await peer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await asyncio.Event().wait()

    async with raw_server(serve) as server, http_destination(server.endpoint, timeout_s=5) as destination:
        for _ in range(2):
            assert await destination.send(b"x" * 20_000_000) == Answer(413)
    assert server.connections == 2


async def test_the_wait_for_a_free_connection_counts() -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.gone()

    async with (
        raw_server(serve) as server,
        http_destination(server.endpoint, timeout_s=1, connections=1) as destination,
    ):
        first, second = await asyncio.gather(destination.send(BODY), destination.send(BODY))
    assert seen(first) == (NoAnswerKind.TIMEOUT, True)
    assert isinstance(second, NoAnswer)
    assert second.kind is NoAnswerKind.TIMEOUT


class FailingResolver(AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        raise OSError(-2, "Name or service not known")

    async def close(self) -> None:
        pass


class SilentResolver(FailingResolver):
    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        await asyncio.Event().wait()
        return []


async def test_a_name_that_is_not_found_writes_nothing() -> None:
    async with http_destination("http://host.test/", resolver=FailingResolver()) as destination:
        assert seen(await destination.send(BODY)) == (NoAnswerKind.DNS, False)


async def test_a_name_that_is_looked_up_for_ever_does_not_stretch_the_limit() -> None:
    async with http_destination(
        "http://host.test/", resolver=SilentResolver(), timeout_s=0.05
    ) as destination:
        assert seen(await destination.send(BODY)) == (NoAnswerKind.TIMEOUT, False)


async def serve_ok(peer: Peer) -> None:
    await peer.request()
    await peer.write(OK)


async def test_a_self_signed_certificate_is_not_trusted() -> None:
    async with (
        raw_server(serve_ok, with_tls=True) as server,
        http_destination(server.endpoint) as destination,
    ):
        exchange = await destination.send(BODY)
    assert seen(exchange) == (NoAnswerKind.TLS, False)
    assert isinstance(exchange, NoAnswer)
    assert "certificate" in exchange.detail


async def test_a_private_authority_is_trusted_when_told() -> None:
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with (
        raw_server(serve_ok, with_tls=True) as server,
        http_destination(server.endpoint, tls=trust) as destination,
    ):
        assert await destination.send(BODY) == Answer(200, None, b"{}")


class LoopbackResolver(FailingResolver):
    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]


async def test_a_certificate_for_another_host_is_not_trusted() -> None:
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with raw_server(serve_ok, with_tls=True) as server:
        endpoint = f"https://host.test:{server.port}/"
        async with http_destination(endpoint, tls=trust, resolver=LoopbackResolver()) as destination:
            assert seen(await destination.send(BODY)) == (NoAnswerKind.TLS, False)


async def test_a_server_without_tls_gets_no_request() -> None:
    async def serve(peer: Peer) -> None:
        await peer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        await peer.gone()

    async with (
        raw_server(serve) as server,
        http_destination(server.endpoint.replace("http:", "https:")) as destination,
    ):
        assert seen(await destination.send(BODY)) == (NoAnswerKind.TLS, False)


async def test_a_handshake_that_is_hung_up_on_writes_nothing() -> None:
    async def serve(peer: Peer) -> None:
        await peer.hang_up()

    async with (
        raw_server(serve) as server,
        http_destination(server.endpoint.replace("http:", "https:")) as destination,
    ):
        exchange = await destination.send(BODY)
    assert isinstance(exchange, NoAnswer)
    assert not exchange.bytes_written
