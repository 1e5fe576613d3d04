"""Stage deliver: Kameleoon over HTTP, with aiohttp as the client (port: Destination)."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from pipeline.adapters.http_body import WatchedBody, decoded, first_bytes
from pipeline.adapters.http_errors import no_answer
from pipeline.config.model import Config
from pipeline.config.verdicts import rule_table
from pipeline.core.credentials import CredentialProblem, Credentials, authentication_query
from pipeline.core.exchange import Answer, Exchange, NoAnswer, NoAnswerKind
from pipeline.core.request import is_legal_header_value, request_headers
from pipeline.core.verdict_rules import kept_headers

_LEFT_AS_THEY_ARE: Final = "!$%&'()*+,-./:;=?@[\\]^_`{|}~"
_CLOSED: Final = NoAnswer(NoAnswerKind.CONNECTION_LOST, "the HTTP client is closed", bytes_written=False)
_NO_QUESTION: Final = NoAnswer(
    NoAnswerKind.PROTOCOL, "the API key is none that can be asked about", bytes_written=False
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Where and how requests are made.

    `api_key` goes into the header verbatim (reference: 6.3). `timeout_s` limits the whole
    exchange: finding the host, connecting, the answer's body and the wait for one of the
    `connections`, which are kept open; give no fewer than requests are made at a time.
    Proxies named in the environment count only with `use_environment_proxy`. `tls` replaces
    the system's trust, for a private authority. Answers bring their `kept_headers`, named in
    lower case.
    """

    endpoint: str
    api_key: str = field(repr=False)
    sitecode: str
    user_agent: str
    timeout_s: float = 10.0
    connections: int = 64
    use_environment_proxy: bool = False
    tls: ssl.SSLContext | None = None
    kept_headers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        url = URL(self.endpoint)
        if url.scheme not in {"http", "https"} or not url.host:
            raise ValueError("the endpoint must be an http or https URL with a host")
        if url.user is not None or url.password is not None:
            raise ValueError("the endpoint must not carry a user or a password")
        if not all(map(is_legal_header_value, (self.api_key, self.sitecode, self.user_agent))):
            raise ValueError("the API key, the sitecode and the user agent must be legal in a header")


def settings_of(config: Config, connections: int) -> HttpSettings:
    """Where and how requests are made, from the configuration."""
    return HttpSettings(
        endpoint=config.delivery.endpoint,
        api_key=config.destination.api_key.get_secret_value(),
        sitecode=config.destination.sitecode,
        user_agent=config.delivery.user_agent,
        timeout_s=config.delivery.timeout_s,
        connections=connections,
        kept_headers=kept_headers(rule_table(config.delivery.verdicts)),
    )


class HttpDestination:
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

    async def send(self, body: bytes) -> Exchange:
        """Make one POST of a JSON body. Raises nothing but CancelledError."""
        watched = WatchedBody(body)
        return await self._exchange(
            lambda session: session.post(
                self._url, data=watched, headers=self._headers, allow_redirects=False
            ),
            lambda: watched.bytes_written,
        )

    async def check_credentials(self) -> Exchange:
        """Ask the endpoint whether it knows the API key, spelt out in the query (reference: 6.2).

        No credentials go into the headers. What a URL cannot hold is percent-encoded. Raises
        nothing but CancelledError.
        """
        query = authentication_query(self._settings.api_key)
        if isinstance(query, CredentialProblem):
            return _NO_QUESTION
        path = self._url.raw_path.rstrip("/") + "/getapikey"
        url = URL(f"{self._url.origin()}{path}?{quote(query, safe=_LEFT_AS_THEY_ARE)}", encoded=True)
        return await self._exchange(lambda session: session.get(url, allow_redirects=False), lambda: True)

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
            return _CLOSED
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
