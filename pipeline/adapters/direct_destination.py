"""Stage deliver: Kameleoon over HTTP, straight on the event loop's connections (port: Destination)."""

import asyncio
import ssl
from collections.abc import Awaitable, Iterable
from dataclasses import replace

from yarl import URL

from pipeline.adapters.http_connection import HttpConnection
from pipeline.adapters.http_errors import NO_QUESTION, failed_client, timed_out
from pipeline.adapters.http_pool import HttpPool, Lookup, Origin, look_up
from pipeline.adapters.http_settings import HttpSettings, question_of
from pipeline.core.credentials import Credentials
from pipeline.core.exchange import Exchange, NoAnswer
from pipeline.core.request import request_headers
from pipeline.core.trace import TraceContext


class DirectDestination:
    """One POST per `send`, on kept connections, as many as there are requests at a time.

    Redirects are answers; cookies are not kept; proxies are not known. `lookup` finds the
    addresses of a host, by the system unless given.
    """

    def __init__(self, settings: HttpSettings, lookup: Lookup = look_up) -> None:
        if settings.use_environment_proxy:
            raise ValueError("this client knows no proxies: take `delivery.client: aiohttp`")
        self._settings = settings
        self._url = URL(settings.endpoint)
        self._lookup = lookup
        self._pool: HttpPool | None = None
        self._head = self._post_head()

    def send(self, body: bytes, trace: TraceContext | None = None) -> Awaitable[Exchange]:
        """Make one POST of a JSON body, which carries `trace`. Raises nothing but CancelledError."""
        if trace is None:
            return self._exchange(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
        carried = _lines(trace.headers()).encode("ascii")
        return self._exchange(b"%s%d\r\n%s\r\n%s" % (self._head, len(body), carried, body))

    async def check_credentials(self) -> Exchange:
        """Ask the endpoint whether it knows the API key; no credentials go into the headers.

        Raises nothing but CancelledError.
        """
        question = question_of(self._settings)
        if question is None:
            return NO_QUESTION
        headers = {"user-agent": self._settings.user_agent}
        return await self._exchange(self._head_of("GET", question, headers) + b"\r\n")

    def use(self, credentials: Credentials) -> None:
        """Send with these from the next request on; requests under way keep theirs."""
        self._settings = replace(self._settings, api_key=credentials.api_key, sitecode=credentials.sitecode)
        self._head = self._post_head()

    async def close(self) -> None:
        """Give the connections back; exchanges still under way end without an answer."""
        self._pool = self._pool or self._new_pool()
        self._pool.close()

    def _exchange(self, request: bytes) -> Awaitable[Exchange]:
        """The connection's own exchange, without a coroutine around it, where one is free."""
        pool = self._pool = self._pool or self._new_pool()
        timeout_s = self._settings.timeout_s
        now_s = pool.now_s()
        connection = pool.free(now_s)
        if connection is None:
            return self._exchange_on_new(pool, request, now_s + timeout_s)
        return connection.exchange(request, now_s + timeout_s, timeout_s)

    async def _exchange_on_new(self, pool: HttpPool, request: bytes, deadline_s: float) -> Exchange:
        connection = await self._opened(pool, deadline_s)
        if isinstance(connection, NoAnswer):
            return connection
        return await connection.exchange(request, deadline_s, self._settings.timeout_s)

    async def _opened(self, pool: HttpPool, deadline_s: float) -> HttpConnection | NoAnswer:
        try:
            async with asyncio.timeout_at(deadline_s):
                return await pool.open()
        except TimeoutError:
            return timed_out(self._settings.timeout_s, bytes_written=False)
        except Exception as error:  # noqa: BLE001 (the port raises nothing: an unknown error is no answer)
            return failed_client(error, bytes_written=False)

    def _new_pool(self) -> HttpPool:
        host, port = self._url.host or "", self._url.port or 0
        tls = (self._settings.tls or ssl.create_default_context()) if self._url.scheme == "https" else None
        return HttpPool(Origin(host, port, tls), self._settings.kept_headers, self._lookup)

    def _post_head(self) -> bytes:
        """All of a request before the length of its body."""
        settings = self._settings
        headers = request_headers(settings.api_key, settings.sitecode, settings.user_agent)
        return self._head_of("POST", self._url, headers) + b"content-length: "

    def _head_of(self, method: str, url: URL, headers: dict[str, str]) -> bytes:
        lines = [f"{method} {url.raw_path_qs} HTTP/1.1", f"host: {url.host_port_subcomponent}"]
        lines += ["accept: */*", "accept-encoding: gzip, deflate"]
        return ("\r\n".join(lines) + "\r\n" + _lines(headers.items())).encode("latin-1")


def _lines(headers: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers)
