"""A worker's pages without a worker: what a meter counted, shown on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from structlog.testing import capture_logs

from pipeline.adapters.admin_pages import AdminPages
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.tap_page import TapPage
from pipeline.core.health import Condition, health
from pipeline.core.plan import compile_plan, preset_definitions
from pipeline.engine.meter import Meter
from pipeline.engine.tapping import Taps

READY: Final = Condition(is_connected=True, has_joined=True)


def tap_page() -> TapPage:
    """The page of taps at which nothing passes."""
    return TapPage(Taps(compile_plan(preset_definitions()), SystemClock()))


@asynccontextmanager
async def shown(meter: Meter, found: Condition = READY, port: int = 0) -> AsyncIterator[str]:
    """The URL of the pages, while they are served."""
    pages = AdminPages(("127.0.0.1", port), meter, tap_page())
    with capture_logs() as logs:
        await pages.start(lambda: health(found))
    try:
        yield str(logs[0]["url"])
    finally:
        await pages.stop()
