"""A worker's page of taps without a worker: what a test lets pass is shown on loopback."""

from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson
from structlog.testing import capture_logs

from pipeline.adapters.admin_pages import AdminPages
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.tap_page import TapPage
from pipeline.core.flow import decide
from pipeline.core.health import health
from pipeline.core.plan import compile_plan, preset_definitions
from pipeline.core.record import Record
from pipeline.engine.meter import Meter
from pipeline.engine.tapping import Taps
from tests.support.admin_pages import READY
from tests.support.waiting import until

PLAN: Final = compile_plan(preset_definitions())


@dataclass
class Tapped:
    """The pages of a worker whose stages are the test's to play."""

    url: str
    taps: Taps
    pages: AdminPages
    logs: Sequence[MutableMapping[str, Any]]

    async def is_tapped(self, *, still: bool = True) -> None:
        """Return when somebody taps, or nobody any more."""
        await until(lambda: self.taps.is_any is still, "somebody taps" if still else "nobody taps")

    def let_pass(self, *numbers: int, **fields: object) -> None:
        """Track events of these numbers are decided on."""
        records = [Record("segment-events", 0, number, 0, None, _event(number, fields)) for number in numbers]
        self.taps.decided([(record, decide(PLAN, record)) for record in records])


def _event(number: int, fields: dict[str, object]) -> bytes:
    event = {
        "type": "track",
        "event": "Order",
        "messageId": f"m-{number}",
        "timestamp": "2026-01-01T00:00:00Z",
        "userId": "canary",
        "properties": {"email": "canary@example.com"},
    }
    return orjson.dumps(event | fields)


@asynccontextmanager
async def tapped(host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Tapped]:
    """The pages, while they are served. The token is kept where the environment says."""
    taps = Taps(PLAN, SystemClock())
    pages = AdminPages((host, port), Meter(), TapPage(taps))
    with capture_logs() as logs:
        await pages.start(lambda: health(READY))
        (url,) = [line["url"] for line in logs if "url" in line]
        here = url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 (asked, not listened on)
        try:
            yield Tapped(here, taps, pages, logs)
        finally:
            await pages.stop()
