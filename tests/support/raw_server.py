"""A server that speaks no HTTP of its own: each connection runs what the test wrote."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

Connection = Callable[["Peer"], Awaitable[None]]

CERTIFICATE: Final = Path(__file__).with_name("loopback_certificate.pem")
"""Self-signed for 127.0.0.1, with its key, valid until 2120."""


class Peer:
    """One connection, seen from the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def request(self) -> tuple[str, dict[str, str], bytes]:
        """Read one request: its first line, its headers in lower case, its body."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in headers.items()}
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return head[0], headers, body

    async def head(self) -> None:
        """Read a request's head only."""
        await self._reader.readuntil(b"\r\n\r\n")

    async def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def hang_up(self) -> None:
        """End the connection."""
        self._writer.close()
        await self._writer.wait_closed()

    async def gone(self) -> None:
        """Return when the other side has hung up."""
        while await self._reader.read(65536):
            pass


class RawServer:
    """Where it listens, and how many connections it has had."""

    def __init__(self, scheme: str) -> None:
        self.connections = 0
        self.port = 0
        self._scheme = scheme

    @property
    def endpoint(self) -> str:
        """An endpoint of this server."""
        return f"{self._scheme}://127.0.0.1:{self.port}/segmentio"


@asynccontextmanager
async def raw_server(connection: Connection, *, with_tls: bool = False) -> AsyncIterator[RawServer]:
    """Run `connection` for every client that connects; ends what it started."""
    server = RawServer("https" if with_tls else "http")
    running: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []
    is_over = False

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        try:
            await connection(Peer(reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went away, which is its right
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if is_over:
            writer.transport.abort()
            return
        writers.append(writer)  # here: a task that is cancelled before its first step runs nothing
        task = asyncio.ensure_future(serve(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    listening = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=_tls() if with_tls else None)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        is_over = True
        listening.close()
        for task in tuple(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()  # what nobody reads would keep its socket open
        await asyncio.sleep(0)


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context
