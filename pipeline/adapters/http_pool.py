"""The connections to one endpoint: as many as there are requests at a time, kept for the next ones."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import aiohappyeyeballs
from aiohappyeyeballs import AddrInfoType

from pipeline.adapters.http_connection import HttpConnection
from pipeline.adapters.http_errors import CLOSED, NAME_NOT_FOUND, no_connection, no_tls
from pipeline.core.exchange import NoAnswer

KEPT_S: Final = 15.0
"""A connection that lay still for longer is not used again: the other side may be about to end it."""

_NEXT_ADDRESS_S: Final = 0.25
"""So long one address may take before the next is tried beside it (RFC 8305)."""

Lookup = Callable[[str, int], Awaitable[Sequence[AddrInfoType]]]
"""From a host's name and port to addresses. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections go; with `tls` they are encrypted."""

    host: str
    port: int
    tls: ssl.SSLContext | None


async def look_up(host: str, port: int) -> Sequence[AddrInfoType]:
    """The addresses of a host, as the system knows them. Raises OSError."""
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


class HttpPool:
    """Opens connections and keeps those that are free, the latest used first."""

    def __init__(self, origin: Origin, kept_headers: Iterable[str], lookup: Lookup) -> None:
        self._origin = origin
        self._kept_headers = tuple(kept_headers)
        self._lookup = lookup
        self._all: set[HttpConnection] = set()
        self._free: list[HttpConnection] = []
        self._is_closed = False
        self._loop = asyncio.get_running_loop()

    def now_s(self) -> float:
        """The loop's time."""
        return self._loop.time()

    def free(self, now_s: float) -> HttpConnection | None:
        """One that is open and free; None where one is to be opened."""
        while self._free:
            connection = self._free.pop()
            if connection.is_open and now_s - connection.free_since_s < KEPT_S:
                return connection
            connection.abort()
        return None

    async def open(self) -> HttpConnection | NoAnswer:
        """A new one, or why there is none."""
        if self._is_closed:
            return CLOSED
        origin = self._origin
        try:
            addresses = await self._lookup(origin.host, origin.port)
        except OSError:
            return NAME_NOT_FOUND
        try:
            connected = await aiohappyeyeballs.start_connection(
                addresses, happy_eyeballs_delay=_NEXT_ADDRESS_S, interleave=1
            )
        except OSError as error:
            return no_connection(error)
        return await self._make(connected)

    def close(self) -> None:
        """End them all; none is opened from now on."""
        self._is_closed = True
        for connection in tuple(self._all):
            connection.abort()

    async def _make(self, connected: socket.socket) -> HttpConnection | NoAnswer:
        tls = self._origin.tls
        try:
            _, connection = await self._loop.create_connection(
                lambda: HttpConnection(self._kept_headers, self._free.append, self._forget),
                sock=connected,
                ssl=tls,
                server_hostname=self._origin.host if tls else None,
            )
        except OSError as error:  # an SSLError is one
            return no_tls(error)
        if self._is_closed:  # meanwhile
            connection.abort()
            return CLOSED
        if connection.is_open:
            self._all.add(connection)
        return connection

    def _forget(self, connection: HttpConnection) -> None:
        """A connection has ended."""
        self._all.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
