"""Stage deliver: Kameleoon over HTTP, with aiohttp as the client (port: Destination)."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from pipeline.adapters.aiohttp_errors import no_answer
from pipeline.adapters.http_body import WatchedBody, decoded, first_bytes
from pipeline.adapters.http_errors import CLOSED, NO_QUESTION
from pipeline.adapters.http_settings import HttpSettings, question_of
from pipeline.core.credentials import Credentials
from pipeline.core.exchange import Answer, Exchange
from pipeline.core.request import request_headers
from pipeline.core.trace import TraceContext


class AiohttpDestination:
    """One POST per `send`, on kept connections. Redirects are answers; cookies are not kept.

    The client starts with the first request, so that an object can be made outside a loop.
    `resolver` looks up host names, the system's by default.
    """

    def __init__(self, settings: HttpSettings, resolver: AbstractResolver | None = None) -> None:
        self._settings = settings
        self._resolver = resolver
        self._url = URL(settings.endpoint)
        self._headers = request_headers(settings.api_key, settings.sitecode, settings.user_agent)
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def send(self, body: bytes, trace: TraceContext | None = None) -> Exchange:
        """Make one POST of a JSON body, which carries `trace`. Raises nothing but CancelledError."""
        watched = WatchedBody(body)
        headers = self._headers if trace is None else {**self._headers, **dict(trace.headers())}
        return await self._exchange(
            lambda session: session.post(self._url, data=watched, headers=headers, allow_redirects=False),
            lambda: watched.bytes_written,
        )

    async def check_credentials(self) -> Exchange:
        """Ask the endpoint whether it knows the API key; no credentials go into the headers.

        Raises nothing but CancelledError.
        """
        question = question_of(self._settings)
        if question is None:
            return NO_QUESTION
        return await self._exchange(
            lambda session: session.get(question, allow_redirects=False), lambda: True
        )

    def use(self, credentials: Credentials) -> None:
        """Send with these from the next request on; requests under way keep theirs."""
        settings = replace(self._settings, api_key=credentials.api_key, sitecode=credentials.sitecode)
        self._headers = request_headers(settings.api_key, settings.sitecode, settings.user_agent)
        self._settings = settings

    async def close(self) -> None:
        """Give the connections back; exchanges still under way end without an answer."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()

    async def _exchange(
        self,
        request: Callable[[aiohttp.ClientSession], AbstractAsyncContextManager[aiohttp.ClientResponse]],
        bytes_written: Callable[[], bool],
    ) -> Exchange:
        if self._is_closed:
            return CLOSED
        timeout_s = self._settings.timeout_s
        try:
            async with asyncio.timeout(timeout_s), request(self._client()) as response:
                return await _answer(response, self._settings.kept_headers)
        except Exception as error:  # noqa: BLE001 (the port raises nothing: an unknown error is no answer)
            return no_answer(error, timeout_s=timeout_s, bytes_written=bytes_written())

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = self._new_client()
        return self._session

    def _new_client(self) -> aiohttp.ClientSession:
        settings = self._settings
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.connections, ssl=settings.tls or True, resolver=self._resolver
            ),
            headers={"user-agent": settings.user_agent, "accept-encoding": "gzip, deflate"},
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=settings.use_environment_proxy,
        )


async def _answer(response: aiohttp.ClientResponse, kept: tuple[str, ...]) -> Answer:
    body = await first_bytes(response.content)
    headers = response.headers
    return Answer(
        response.status,
        headers.get("retry-after"),
        decoded(body, headers.get("content-encoding")),
        tuple((name, ", ".join(headers.getall(name))) for name in kept if name in headers),
    )
