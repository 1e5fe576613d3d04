"""The requests under way: each ends by itself, and those that have ended are taken up together."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from pipeline.core.exchange import Exchange
from pipeline.core.metrics import ATTEMPTS, HTTP_ANSWERS, HTTP_SECONDS, answer_label
from pipeline.core.value import value_class
from pipeline.engine.gate import Pass
from pipeline.engine.meter import Meter
from pipeline.engine.shipment import Shipment


@value_class
class Sent:
    """A request about to be made, the `number`-th of all, and by which pass; `started_s` is monotonic.

    `asks_for_key` tells that it is not the shipment, but the question whether the key is known.
    """

    shipment: Shipment
    entry: Pass
    number: int
    sent_at_ms: int
    started_s: float
    asks_for_key: bool = False


class Exchanges:
    """Counts them; calls `on_end` when the first has ended. Others may follow until they are taken up."""

    def __init__(self, meter: Meter, on_end: Callable[[], None]) -> None:
        self._meter = meter
        self._on_end = on_end
        self._under_way: dict[asyncio.Future[Exchange], Sent] = {}
        self._ended: list[asyncio.Future[Exchange]] = []

    def begin(self, sent: Sent, exchange: Awaitable[Exchange]) -> None:
        """One more is under way."""
        future = exchange if isinstance(exchange, asyncio.Future) else asyncio.ensure_future(exchange)
        self._under_way[future] = sent
        future.add_done_callback(self._end)

    def take_ended(self, now_s: float) -> list[tuple[Sent, Exchange]]:
        """Those that have ended since, in the order of their ends. Raises what a destination never should."""
        if not self._ended:
            return []
        ended = [(self._under_way[future], future.result()) for future in self._ended]
        for future in self._ended:
            del self._under_way[future]
        self._ended = []
        self._count([each for each in ended if not each[0].asks_for_key], now_s)
        return ended

    def cancel(self) -> list[Sent]:
        """Wait for none of them any more; answers which they were."""
        for future in self._under_way:
            future.remove_done_callback(self._end)
            future.cancel()
        return list(self._under_way.values())

    async def cancelled(self) -> None:
        """Return when what was cancelled has come to its end."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _end(self, future: asyncio.Future[Exchange]) -> None:
        self._ended.append(future)
        if len(self._ended) == 1:
            self._on_end()

    def _count(self, ended: Sequence[tuple[Sent, Exchange]], now_s: float) -> None:
        answers = Counter([answer_label(exchange) for _, exchange in ended])
        for label, count in answers.items():
            self._meter.add(HTTP_ANSWERS, count, label)
        self._meter.add(ATTEMPTS, sum([len(sent.shipment.parts) for sent, _ in ended]))
        for sent, _ in ended:
            self._meter.observe(HTTP_SECONDS, now_s - sent.started_s)
