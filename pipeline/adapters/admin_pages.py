"""The pages of a running worker: `/metrics` for Prometheus, `/live` and `/ready` for who starts it."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Final

import structlog
from aiohttp import web

from pipeline.adapters.prometheus import CONTENT_TYPE, Exposition
from pipeline.core.health import Health
from pipeline.engine.meter import Meter

log = structlog.get_logger("pipeline.admin")

_NOT_READY: Final = 503


class AdminPages:
    """Serves the pages at `address` (host, port), or nowhere when it is None.

    A page that cannot be served is no reason not to deliver: `start` warns and goes on.
    """

    def __init__(self, address: tuple[str, int] | None, meter: Meter) -> None:
        self._address = address
        self._exposition = Exposition(meter)
        self._runner: web.AppRunner | None = None

    async def start(self, health: Callable[[], Health]) -> None:
        """Listen; `health` tells the worker's own as of now."""
        if self._address is None:
            return
        host, port = self._address
        self._runner = web.AppRunner(_application(self._exposition, health), access_log=None)
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
        log.info("metrics and health are shown", url=_url(host, self._runner.addresses[0][1]))

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _application(exposition: Exposition, health: Callable[[], Health]) -> web.Application:
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
    return application
