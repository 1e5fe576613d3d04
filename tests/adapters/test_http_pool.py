"""Which connections are used again."""

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable, Sequence

import pytest
from aiohappyeyeballs import AddrInfoType

from pipeline.adapters.http_connection import HttpConnection
from pipeline.adapters.http_pool import HttpPool, Origin, look_up
from pipeline.core.exchange import Answer, Exchange
from tests.support.loops import BOTH_LOOPS
from tests.support.raw_server import Peer, raw_server


async def test_one_that_is_about_to_end_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other side has ended it; the loop tells the connection so a moment later."""
    made: list[asyncio.BaseTransport] = []
    has_ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        has_ended.set()

    monkeypatch.setattr(HttpConnection, "connection_made", _noting(made))
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        pool = HttpPool(Origin("127.0.0.1", server.sockets[0].getsockname()[1], None), (), look_up)
        connection = await pool.open()
        assert isinstance(connection, HttpConnection)
        now_s = asyncio.get_running_loop().time()
        await connection.exchange(b"GET / HTTP/1.1\r\n\r\n", now_s + 60, 60)
        made[0].close()

        assert pool.free(now_s) is None
        await has_ended.wait()


@BOTH_LOOPS
async def test_whoever_stops_waiting_when_the_answer_is_there_ends_no_exchange_of_another() -> None:
    """The connection is free from the answer on, and taken before the first to use it wakes up."""
    has_ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"second\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        has_ended.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        pool = HttpPool(Origin("127.0.0.1", server.sockets[0].getsockname()[1], None), (), look_up)
        connection = await pool.open()
        assert isinstance(connection, HttpConnection)
        now_s = asyncio.get_running_loop().time()
        first = asyncio.ensure_future(_awaited(connection.exchange(b"GET /first\r\n\r\n", now_s + 60, 60)))
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        first.cancel()

        assert pool.free(now_s) is connection
        exchange = await connection.exchange(b"GET /second\r\n\r\n", now_s + 60, 60)
        assert exchange == Answer(204, None, b"")
        assert first.cancelled()
        pool.close()
        await has_ended.wait()


def _noting(made: list[asyncio.BaseTransport]) -> Callable[[HttpConnection, asyncio.BaseTransport], None]:
    connection_made = HttpConnection.connection_made

    def note(self: HttpConnection, transport: asyncio.BaseTransport) -> None:
        made.append(transport)
        connection_made(self, transport)

    return note


@pytest.mark.parametrize("turns", range(12))
@BOTH_LOOPS
async def test_whoever_stops_waiting_for_a_connection_leaves_no_socket_open(turns: int) -> None:
    """Whatever the moment: a socket left to the garbage is told, and fails the test."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        pool = HttpPool(Origin("127.0.0.1", server.getsockname()[1], None), (), _look_up_at_once)
        opening = asyncio.create_task(pool.open())
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        pool.close()
        for _ in range(5):
            await asyncio.sleep(0)
        gc.collect()


async def _look_up_at_once(host: str, port: int) -> Sequence[AddrInfoType]:
    return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]


@BOTH_LOOPS
async def test_one_whose_answer_nobody_waits_for_is_free_once_that_has_come() -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def serve(peer: Peer) -> None:
        await peer.request()
        arrived.set()
        await go_on.wait()
        await peer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await peer.request()
        await peer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await peer.gone()

    freed = asyncio.Event()
    async with raw_server(serve) as server:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: HttpConnection((), lambda _: freed.set(), lambda _: None), "127.0.0.1", server.port
        )
        first = connection.exchange(_request("first"), loop.time() + 60, 60)
        await arrived.wait()
        first.cancel()
        assert not freed.is_set()
        go_on.set()
        await freed.wait()
        second = await connection.exchange(_request("second"), loop.time() + 60, 60)
        connection.abort()
    assert second == Answer(204, None, b"")


def _request(path: str) -> bytes:
    return f"POST /{path} HTTP/1.1\r\ncontent-length: 0\r\n\r\n".encode()


async def _awaited(exchange: Awaitable[Exchange]) -> Exchange:
    return await exchange
