"""A destination without a network.

What a request meets stands in the event's data, as in the sandbox:
`{"properties": {"sandbox": {"status": "429,500,200", "fault": "reset,none"}}}`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, assert_never

from pipeline.adapters.sandbox import Fate, Fault, Faults
from pipeline.adapters.sandbox.checks import Expectation
from pipeline.adapters.sandbox.judgement import Judge
from pipeline.core.exchange import Answer, Exchange, NoAnswer, NoAnswerKind
from pipeline.core.request import request_headers
from pipeline.core.trace import TraceContext

NOW_S: Final = 784_111_777.0
"""The moment at which a `date+SECONDS` Retry-After is told: Sun, 06 Nov 1994 08:49:37 GMT."""

Gate = Callable[[bytes], Awaitable[None]]


class FakeDestination:
    """Answers at once, in one turn of the loop; records bodies as they are sent, and their fates.

    A stall, and a delay as long as the time limit, are time-outs that take no time. `gate`
    is awaited before each answer. `faults` may be replaced at any time; `is_reachable` set
    to False refuses connections. The key is known unless the faults refuse every key; `checks`
    counts who asked.
    """

    def __init__(self, *, timeout_s: float = 10.0, gate: Gate | None = None) -> None:
        self.sent: list[bytes] = []
        self.traces: list[TraceContext | None] = []
        self.fates: list[Fate] = []
        self.exchanges: list[Exchange] = []
        self.checks = 0
        self.in_flight = 0
        self.max_in_flight = 0
        self.is_reachable = True
        self._timeout_s = timeout_s
        self._gate = gate
        self._judge = Judge(Expectation(arrays=True, fields=False), Faults())
        self._is_closed = False

    @property
    def faults(self) -> Faults:
        """Faults that every request meets."""
        return self._judge.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._judge.faults = faults

    async def send(self, body: bytes, trace: TraceContext | None = None) -> Exchange:
        """Make one request (port: Destination)."""
        self.traces.append(trace)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            exchange = await self._send(body)
        finally:
            self.in_flight -= 1
        self.exchanges.append(exchange)
        return exchange

    async def check_credentials(self) -> Exchange:
        """Tell whether the key is known (port: Destination)."""
        self.checks += 1
        await asyncio.sleep(0)
        return self._unreached() or Answer(401 if self.faults.refuse_auth else 200, None, b"{}")

    async def close(self) -> None:
        """Give the connections back (port: Destination)."""
        self._is_closed = True

    async def _send(self, body: bytes) -> Exchange:
        if (unreached := self._unreached()) is not None:
            await asyncio.sleep(0)
            return unreached
        self.sent.append(body)
        fate = self._judge.judge(request_headers("a2V5", "0123456789", "tests"), body).fate
        self.fates.append(fate)
        await (self._gate(body) if self._gate else asyncio.sleep(0))
        return self._exchange(fate)

    def _unreached(self) -> NoAnswer | None:
        if self._is_closed:
            return NoAnswer(NoAnswerKind.CONNECTION_LOST, "the client is closed", bytes_written=False)
        if not self.is_reachable:
            return NoAnswer(
                NoAnswerKind.CONNECTION_REFUSED, "the connection was refused", bytes_written=False
            )
        return None

    def _exchange(self, fate: Fate) -> Exchange:
        if fate.delay_ms >= self._timeout_s * 1000:
            return self._timeout()
        match fate.fault:
            case Fault.NONE:
                return Answer(fate.status, fate.retry_after_header(NOW_S), b"{}")
            case Fault.STALL:
                return self._timeout()
            case Fault.RESET | Fault.TRUNCATE:
                detail = "the connection was lost before the answer was complete"
                return NoAnswer(NoAnswerKind.CONNECTION_LOST, detail, bytes_written=True)
            case _:
                assert_never(fate.fault)

    def _timeout(self) -> NoAnswer:
        detail = f"no answer within {self._timeout_s:g} s"
        return NoAnswer(NoAnswerKind.TIMEOUT, detail, bytes_written=True)


class HeldAnswers:
    """A gate that holds every answer until the test lets it go."""

    def __init__(self) -> None:
        self._held: list[tuple[bytes, asyncio.Future[None]]] = []
        self._arrival = asyncio.Condition()
        self._is_open = False

    @property
    def held(self) -> list[bytes]:
        """Bodies whose answers are held, in the order they were sent."""
        return [body for body, future in self._held if not future.done()]

    async def __call__(self, body: bytes) -> None:
        """Hold the answer to this body."""
        if self._is_open:
            return
        future = asyncio.get_running_loop().create_future()
        self._held.append((body, future))
        async with self._arrival:
            self._arrival.notify_all()
        await future

    async def until(self, count: int) -> None:
        """Return when `count` answers are held."""
        async with self._arrival:
            await self._arrival.wait_for(lambda: len(self.held) >= count)

    def release(self, count: int | None = None) -> None:
        """Let the oldest answers go, all of them by default."""
        waiting = [entry for entry in self._held if not entry[1].done()]
        for _, future in waiting[:count]:
            future.set_result(None)
        self._held = [entry for entry in waiting if not entry[1].done()]

    def release_last(self) -> None:
        """Let the newest answer go."""
        waiting = [future for _, future in self._held if not future.done()]
        waiting[-1].set_result(None)

    def open(self) -> None:
        """Let all answers go, from now on too."""
        self._is_open = True
        self.release()
