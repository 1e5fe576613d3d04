"""The sandbox as a server: the event endpoint, the credentials check, start and stop."""

import asyncio
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from pipeline.adapters.sandbox.answering import answer
from pipeline.adapters.sandbox.checks import Complaint, Expectation, check_probe
from pipeline.adapters.sandbox.control import control_routes
from pipeline.adapters.sandbox.judgement import Judge
from pipeline.adapters.sandbox.memory import Memory, Received
from pipeline.adapters.sandbox.stories import Faults

PATH: Final = "/segmentio"
_SHOWN_HEADERS: Final = ("user-agent", "content-type", "x-segment-settings", "accept-encoding")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """Where the sandbox listens (port 0 is any free one), what it expects and remembers."""

    host: str = "127.0.0.1"
    port: int = 0
    expected: Expectation = field(default_factory=Expectation)
    remember: int = 10_000
    max_body_bytes: int = 16 * 1024 * 1024


class Sandbox:
    """The stand-in Kameleoon; an async context manager that listens while it is open."""

    def __init__(self, settings: SandboxSettings | None = None, faults: Faults | None = None) -> None:
        self._settings = settings or SandboxSettings()
        self._judge = Judge(self._settings.expected, faults or Faults())
        self._memory = Memory(self._settings.remember)
        self._stopping = asyncio.Event()
        self._runner = web.AppRunner(
            self._application(), access_log=None, handler_cancellation=True, shutdown_timeout=1.0
        )
        self._port = 0

    @property
    def url(self) -> str:
        """The server's root, once it listens."""
        host = self._settings.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def endpoint(self) -> str:
        """What stands in for Kameleoon's endpoint."""
        return self.url + PATH

    @property
    def faults(self) -> Faults:
        """The sandbox's own faults; may be replaced while it runs."""
        return self._judge.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._judge.faults = faults

    def received(self) -> list[Received]:
        """The requests that are still remembered, in the order they came."""
        return self._memory.since(0)

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening; whoever is still waiting for an answer gets none."""
        self._stopping.set()
        await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=self._settings.max_body_bytes)
        application.router.add_post(PATH, self._take)
        application.router.add_get(PATH + "/getapikey", self._probe)
        application.add_routes(control_routes(self._judge, self._memory))
        return application

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name: request.headers[name] for name in _SHOWN_HEADERS if name in request.headers}
        received = self._memory.open(int(time.time() * 1000), headers, body)
        try:
            judgement = self._judge.judge(request.headers, body)
            received.events, received.error = judgement.events, judgement.error
            received.fault = judgement.fate.fault.value
            return await answer(request, received, judgement, self._stopping)
        finally:
            self._memory.close(received)

    async def _probe(self, request: web.Request) -> web.Response:
        complaint = check_probe(request.rel_url.raw_query_string, self._judge.expected)
        if self.faults.refuse_auth:
            complaint = Complaint(401, "the sandbox was told to refuse every key")
        if complaint is not None:
            return web.json_response({"error": complaint.error}, status=complaint.status)
        return web.json_response({})
