"""The delivery page on an audit topic that a test writes: reader, answers and the web server for real."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from pipeline.adapters.clock import SystemClock
from pipeline.adapters.delivery_page.answers import Answers, Told
from pipeline.adapters.delivery_page.feed import Feed
from pipeline.adapters.delivery_page.server import application
from pipeline.adapters.kafka_errors import BrokerUnreachableError
from pipeline.core.audit import AuditEntry, encode
from pipeline.core.delivery_view.view import DeliveryView
from pipeline.ports import Clock


@dataclass(frozen=True, slots=True)
class Written:
    """A record of the audit topic."""

    partition: int
    offset: int
    timestamp: int
    value: bytes | None


@dataclass
class FakeReader:
    """The port Reader on a list; `away` is a broker that does not answer."""

    waiting: list[Written] = field(default_factory=list)
    away: bool = False
    written: int = 0
    looks: int = 0

    def write(self, timestamp: int, *entries: AuditEntry | bytes) -> None:
        values = [entry if isinstance(entry, bytes) else encode(entry) for entry in entries]
        self.written += len(values)
        self.waiting += [Written(0, offset, timestamp, value) for offset, value in enumerate(values)]

    async def more(self) -> Sequence[Written]:
        await asyncio.sleep(0)
        if self.away:
            return ()
        found, self.waiting = self.waiting[:5000], self.waiting[5000:]
        return found

    async def behind(self) -> int:
        self.looks += 1
        if self.away:
            raise BrokerUnreachableError("no Kafka broker answers at localhost:9092")
        return len(self.waiting)


class Page:
    """A page without a server: `feed.run` is for the test to run."""

    def __init__(
        self, clock: Clock | None = None, *, host: str = "127.0.0.1", names: Sequence[str] = ()
    ) -> None:
        self.clock = clock or SystemClock()
        self.reader = FakeReader()
        self.view = DeliveryView()
        self.feed = Feed(self.reader, self.view, self.clock)
        told = Told("my shop.yaml", "--config 'my shop.yaml'")
        self.answers = Answers(self.view, self.feed, self.clock, told)
        self.application: web.Application = application(self.answers, host, names)
