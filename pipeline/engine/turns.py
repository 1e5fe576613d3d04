"""Who is sent next: shipments that are ready wait here until the gate lets one start."""

import asyncio
from collections import deque
from collections.abc import Callable

from pipeline.core.value import value_class
from pipeline.engine.gate import Gate, Pass
from pipeline.engine.shipment import Shipment


@value_class
class Turn:
    """A shipment that may be sent now, and as what."""

    shipment: Shipment
    entry: Pass


class Turns:
    """The queue between what is ready and the senders; every shipment in it stays until its turn."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._ready: deque[Shipment] = deque()
        self._idle: deque[asyncio.Future[Turn]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        gate.on_change = self._hand_out

    def __len__(self) -> int:
        return len(self._ready)

    def put(self, shipment: Shipment) -> None:
        """One more is ready, behind all others."""
        self._ready.append(shipment)
        if self._idle:
            self._hand_out()

    def put_first(self, shipment: Shipment) -> None:
        """One more is ready, before all others."""
        self._ready.appendleft(shipment)
        if self._idle:
            self._hand_out()

    async def take(self) -> Turn:
        """Wait for a turn; `end` it when its exchange has ended."""
        turn = self._next()
        if turn is not None:
            return turn
        if self._loop is None:
            self._loop = asyncio.get_running_loop()  # a system call each time
        waiting: asyncio.Future[Turn] = self._loop.create_future()
        self._idle.append(waiting)
        return await waiting

    def end(self) -> None:
        """A turn is over: what came of it may let others start."""
        self._gate.leave()
        if self._idle:
            self._hand_out()

    def remove(self, is_over: Callable[[Shipment], bool]) -> None:
        """Take out what need not be sent any more. What comes to its end may be followed by more of these."""
        kept = []
        while self._ready:
            shipment = self._ready.popleft()
            if not is_over(shipment):
                kept.append(shipment)
        self._ready.extend(kept)

    def _hand_out(self) -> None:
        while self._idle:
            if self._idle[0].done():  # its sender was cancelled
                self._idle.popleft()
                continue
            turn = self._next()
            if turn is None:
                return
            self._idle.popleft().set_result(turn)

    def _next(self) -> Turn | None:
        if not self._ready:
            return None
        match self._gate.enter():
            case None:
                return None
            case Pass.PROBE as entry:
                return Turn(self._least_tried(), entry)
            case entry:
                return Turn(self._ready.popleft(), entry)

    def _least_tried(self) -> Shipment:
        """All that is ready is of different visitors: so each probe is another's, the untried first."""
        found = min(self._ready, key=lambda shipment: shipment.tried)
        self._ready.remove(found)
        return found
