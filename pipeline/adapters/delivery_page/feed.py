"""Follows the audit topic into the view, says whether it is up to date, outlives a broker that is away."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import structlog

from pipeline.adapters.kafka_errors import BrokerError
from pipeline.core.audit import decode_audit
from pipeline.core.delivery_view.view import DeliveryView
from pipeline.core.reconcile.accounts import AuditValue
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.page")

_AT_ONCE: Final = 200
"""Values taken up in one go: a few milliseconds, then the page is answered."""
_LOOK_EACH_S: Final = 2.0
_PAUSE_S: Final = 1.0
_NEARLY: Final = 1_000
"""Fewer offsets to go than this, as where records keep coming: the page is up to date."""


class Reader(Protocol):
    """The audit topic from some time on. Raises BrokerError."""

    async def more(self) -> Sequence[AuditValue]:
        """Records that have come, in the order of each partition; none after a moment without any."""

    async def behind(self) -> int:
        """How many offsets are still to be read; fails soon when no broker answers."""


class State(StrEnum):
    """How much of the topic the view holds."""

    READING = "reading"
    CURRENT = "current"
    AWAY = "away"
    """No broker answers: the view stands still."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The feed as of now: `behind` offsets to read; `contact_ms` is when the broker last answered."""

    state: State
    behind: int
    contact_ms: int
    detail: str


class Feed:
    """Reads for as long as `run` runs."""

    def __init__(self, reader: Reader, view: DeliveryView, clock: Clock) -> None:
        self._reader = reader
        self._view = view
        self._clock = clock
        self._look_at_s = clock.monotonic_s()
        self.standing = Standing(State.READING, 0, clock.now_ms(), "")

    async def run(self) -> None:
        """Follow the topic until cancelled; an error of the broker is told and outlived."""
        while True:
            try:
                await self._take(await self._reader.more())
                if self._clock.monotonic_s() >= self._look_at_s:
                    self._stand(await self._reader.behind())
                    self._look_at_s = self._clock.monotonic_s() + _LOOK_EACH_S
            except BrokerError as error:
                self._lose(str(error))
                await self._clock.sleep(_PAUSE_S)

    async def _take(self, values: Sequence[AuditValue]) -> None:
        for begin in range(0, len(values), _AT_ONCE):
            now_ms = self._clock.now_ms()
            for value in values[begin : begin + _AT_ONCE]:
                self._view.add(decode_audit(value.value), value.timestamp, now_ms)
            await asyncio.sleep(0)

    def _stand(self, behind: int) -> None:
        if self.standing.state is State.AWAY:
            log.info("the broker answers again: the page goes on")
        state = State.CURRENT if behind < _NEARLY else State.READING
        self.standing = Standing(state, behind, self._clock.now_ms(), "")

    def _lose(self, detail: str) -> None:
        if self.standing.state is not State.AWAY:
            log.warning("no broker answers: the page stands still", detail=detail)
        self.standing = Standing(State.AWAY, self.standing.behind, self.standing.contact_ms, detail)
