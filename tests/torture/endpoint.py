"""The endpoint under torture: a sandbox with troubles, and a log that outlives its outages."""

import json
from collections import deque
from typing import Final

from pipeline.adapters.sandbox import Fault, Faults, Sandbox, Story
from pipeline.adapters.sandbox.memory import Received
from tests.support.worker.scene import sandbox_settings
from tests.torture.acts import Trouble
from tests.torture.laws import Arrival, Fate
from tests.torture.traffic import mapping_of

_KEPT_WHOLE: Final = 5_000
"""Requests whose answer may still be to come; older ones are kept as arrivals only."""

_MAY_HAVE_WORKED: Final = frozenset({500, 502, 504})

_FAULTS: Final = {
    Trouble.ERRORS: Faults(Story(statuses=(500,))),
    Trouble.UNAVAILABLE: Faults(Story(statuses=(503,))),
    Trouble.THROTTLED: Faults(Story(statuses=(429,), retry_after="1")),
    Trouble.SLOW: Faults(Story(delay_ms=1500)),
    Trouble.RESETS: Faults(Story(faults=(Fault.RESET,))),
    Trouble.CUT_OFF: Faults(Story(faults=(Fault.TRUNCATE,))),
    Trouble.UNAUTHORISED: Faults(refuse_auth=True),
}


class Endpoint:
    """One address; behind it a sandbox that is there or not. `delay_ms`: how slow it is when it is well."""

    def __init__(self, sandbox: Sandbox, delay_ms: int) -> None:
        self.sandbox = sandbox
        self._well = sandbox.faults = Faults(Story(delay_ms=delay_ms))
        self._port = int(sandbox.url.rpartition(":")[2])
        self._is_gone = False
        self._open: deque[Received] = deque()
        self._arrivals: list[Arrival] = []
        self._requests = 0
        self.most_in_flight = 0

    @property
    def arrived(self) -> int:
        """How many requests have come so far."""
        self._harvest()
        return self._requests

    async def begin(self, trouble: Trouble) -> None:
        """Get into a trouble, out of any before."""
        await self.heal()
        if trouble is Trouble.GONE:
            await self.sandbox.stop()
            self._is_gone = True
        else:
            self.sandbox.faults = _FAULTS[trouble]

    async def heal(self) -> None:
        """Be well; after an outage behind the same address."""
        if self._is_gone:
            self._harvest()
            self.sandbox = Sandbox(sandbox_settings(self._port))
            await self.sandbox.start()
            self._is_gone = False
        self.sandbox.faults = self._well

    async def recover(self) -> None:
        """Be well and quick from now on."""
        self._well = Faults()
        await self.heal()

    async def stop(self) -> None:
        """Listen no more; the log stays."""
        if not self._is_gone:
            await self.sandbox.stop()

    def arrivals(self) -> list[Arrival]:
        """Everything that has come, in its order; for the end, when nothing is under way."""
        self._harvest()
        return [*self._arrivals, *(arrival for received in self._open for arrival in arrivals_of(received))]

    def _harvest(self) -> None:
        """Take the sandbox's log over before it forgets; in one step with the wiping, without an await."""
        memory = self.sandbox._memory
        new = memory.since(0)
        self._requests += len(new)
        self._open.extend(new)
        self.most_in_flight = max(self.most_in_flight, memory._tally.max_in_flight)
        memory.forget()
        while len(self._open) > _KEPT_WHOLE:
            self._arrivals += arrivals_of(self._open.popleft())


def arrivals_of(received: Received) -> list[Arrival]:
    """What one request came to, for each of its events."""
    body = json.loads(received.body)
    fate, sender = _fate(received), received.headers["user-agent"]
    return [
        Arrival((event["messageId"], mapping_of(event)), received.received_at_ms, fate, sender)
        for event in (body if isinstance(body, list) else [body])
    ]


def _fate(received: Received) -> Fate:
    status = received.status
    if status is None or received.fault != Fault.NONE or status in _MAY_HAVE_WORKED:
        return Fate.DOUBTFUL
    return Fate.ACCEPTED if status < 300 else Fate.NOT_TAKEN
