"""The pages of a running worker: `/metrics`, `/live` and `/ready` for who watches it, `/tap` for its user."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Final

import structlog
from aiohttp import web

from pipeline.adapters.prometheus import CONTENT_TYPE, Exposition
from pipeline.adapters.tap_page import TapPage
from pipeline.core.health import Health
from pipeline.engine.meter import Meter

log = structlog.get_logger("pipeline.admin")

_NOT_READY: Final = 503
_STOP_S: Final = 2.0
"""Readers that do not end by themselves are not waited for any longer."""


class AdminPages:
    """Serves the pages at `address` (host, port), or nowhere when it is None.

    A page that cannot be served is no reason not to deliver: `start` warns and goes on.
    """

    def __init__(self, address: tuple[str, int] | None, meter: Meter, tap: TapPage) -> None:
        self._address = address
        self._exposition = Exposition(meter)
        self._tap = tap
        self._runner: web.AppRunner | None = None

    async def start(self, health: Callable[[], Health]) -> None:
        """Listen; `health` tells the worker's own as of now."""
        if self._address is None:
            return
        host, port = self._address
        application = _application(self._exposition, health, self._tap)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_STOP_S)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            log.warning(
                "metrics and health are not shown",
                detail=f"{host}:{port}: {error.strerror or error}",
                mend="another port in admin.listen, or off",
            )
            await self.stop()
            return
        listening_at = self._runner.addresses[0][1]
        self._tap.open(listening_at)
        log.info("metrics and health are shown", url=_url(host, listening_at))

    async def stop(self) -> None:
        """Stop listening."""
        self._tap.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _application(exposition: Exposition, health: Callable[[], Health], tap: TapPage) -> web.Application:
    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=exposition.render(), headers={"content-type": CONTENT_TYPE})

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def ready(_: web.Request) -> web.Response:
        found = health()
        told = {"ready": found.is_ready, **asdict(found)}
        return web.json_response(told, status=200 if found.is_ready else _NOT_READY)

    application = web.Application(client_max_size=1024)
    application.router.add_get("/metrics", metrics)
    application.router.add_get("/live", live)
    application.router.add_get("/ready", ready)
    application.router.add_get("/tap", tap.answer)
    return application
