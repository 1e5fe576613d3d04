"""`possible_duplicate`, over HTTP: true exactly where the sandbox's own log says it must be.

An earlier attempt may stand where bytes were written and no complete answer came, or the answer was 500,
502 or 504.
"""

import asyncio
import itertools
from collections import defaultdict
from typing import Any, Final

import orjson
from yarl import URL

from pipeline.adapters.http_settings import HttpSettings
from pipeline.adapters.sandbox import Expectation, Sandbox, SandboxSettings
from pipeline.adapters.sandbox.memory import Received
from pipeline.core.audit import AuditRecord
from pipeline.core.exchange import Exchange
from pipeline.core.trace import TraceContext
from tests.support.destination import FakeDestination
from tests.support.engine import World, event, record
from tests.support.http_client import EACH_CLIENT, new_destination

pytestmark = EACH_CLIENT

API_KEY: Final = "eyJpZCI6ICJhIn0="
SITECODE: Final = "0123456789"
HARMLESS: Final = ["401", "403", "408", "423", "429", "503", "505", "520", "599"]
HARMFUL: Final = ["500", "502", "504", "reset", "truncate"]
KINDS: Final = [*HARMLESS, *HARMFUL]
PATIENCE_S: Final = 30.0


class OverHttp(FakeDestination):
    """A client of the sandbox in the place of the fake."""

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        settings = HttpSettings(
            endpoint=endpoint, api_key=API_KEY, sitecode=SITECODE, user_agent="tests", timeout_s=2.0
        )
        self.client = new_destination(settings)

    async def send(self, body: bytes, trace: TraceContext | None = None) -> Exchange:
        return await self.client.send(body, trace)

    async def check_credentials(self) -> Exchange:
        return await self.client.check_credentials()


def story(*steps: str) -> dict[str, Any]:
    """Statuses and faults as the sandbox reads them: a fault comes with a status that says yes."""
    return {
        "status": ",".join(step if step.isdecimal() else "200" for step in steps),
        "fault": ",".join("none" if step.isdecimal() else step for step in steps),
    }


STORIES: Final = [
    story("stall", "200"),
    story("stall", "503", "400"),
    story("503", "stall", "200"),
    story("408", "stall", "400"),
    *(story(kind, last) for kind in KINDS for last in ("200", "400")),
    *(story(kind, other, "200") for kind, other in zip(KINDS, itertools.cycle(HARMFUL), strict=False)),
    *(story(other, kind, "200") for kind, other in zip(KINDS, itertools.cycle(HARMLESS), strict=False)),
]
AT_ONCE: Final = 4
"""So few failing events do not open the breaker; the four that stall do so together."""


def may_stand(received: Received) -> bool:
    """The definition, of what the sandbox has noted of one request."""
    return received.fault != "none" or received.status in {500, 502, 504}


async def ended(world: World, count: int) -> list[AuditRecord]:
    """What is audited, once so many events have come to their end."""
    async with asyncio.timeout(PATIENCE_S):
        while len(found := world.audit.records()) < count:
            await world.clock.advance(5)
    return found


async def flags_of_stories(world: World) -> dict[str, bool]:
    """Let a worker bring one event of each story to its end: the flags by message id."""
    async with world.worker() as worker:
        await worker.open()
        for first in range(0, len(STORIES), AT_ONCE):
            told = enumerate(STORIES[first : first + AT_ONCE], first)
            await worker.take([record(number, event(number, sandbox=story)) for number, story in told])
            found = await ended(world, min(first + AT_ONCE, len(STORIES)))
    return {each.message_id or "": each.possible_duplicate for each in found}


async def test_it_is_set_where_the_sandboxs_log_says_so_and_nowhere_else() -> None:
    expected = Expectation(API_KEY, SITECODE)
    async with Sandbox(SandboxSettings(expected=expected, remember=10_000)) as sandbox:
        destination = OverHttp(sandbox.endpoint)
        flags = await flags_of_stories(World(destination=destination))
        await destination.client.close()
        attempts = defaultdict(list)
        for received in sandbox.received():
            attempts[orjson.loads(received.body)["messageId"]].append(received)

    assert flags == {name: any(map(may_stand, made[:-1])) for name, made in attempts.items()}
    assert len(flags) == len(STORIES)
    assert {len(made) for made in attempts.values()} == {2, 3}
    assert 0 < sum(flags.values()) < len(flags)


async def test_what_never_reached_a_server_sets_nothing() -> None:
    """Connections are refused until the sandbox listens."""
    async with Sandbox(SandboxSettings()) as sandbox:
        port = URL(sandbox.endpoint).port or 0
    destination = OverHttp(sandbox.endpoint)
    world = World(destination=destination)
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(8)])
        await world.clock.advance(60)
        assert world.audit.records() == []
        async with Sandbox(SandboxSettings(port=port)):
            found = await ended(world, 8)
            await destination.client.close()

    assert not any(each.possible_duplicate for each in found)
    assert any(each.http is not None and each.http.attempts > 1 for each in found)
