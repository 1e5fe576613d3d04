"""Who is sent next: shipments that are ready wait here until the gate lets one start."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import assert_never

from pipeline.engine.gate import Gate, Pass
from pipeline.engine.shipment import Shipment


class Turns:
    """The queue of what is ready; every shipment in it stays until its turn.

    `on_ready` is called when there may be a turn that there was not before.
    """

    def __init__(self, gate: Gate, on_ready: Callable[[], None]) -> None:
        self._gate = gate
        self._on_ready = on_ready
        self._ready: deque[Shipment] = deque()
        gate.on_change = on_ready

    def __len__(self) -> int:
        return len(self._ready)

    def put(self, shipment: Shipment) -> None:
        """One more is ready, behind all others."""
        self._ready.append(shipment)
        if len(self._ready) == 1:
            self._on_ready()

    def put_first(self, shipment: Shipment) -> None:
        """One more is ready, before all others."""
        self._ready.appendleft(shipment)
        if len(self._ready) == 1:
            self._on_ready()

    def take(self) -> Iterator[tuple[Shipment, Pass]]:
        """What may be sent now, each to be sent before the next, and by which pass, the gate's again then."""
        while self._ready:
            match self._gate.enter():
                case None:
                    return
                case Pass.PROBE as entry:
                    yield self._least_tried(), entry
                case Pass.FREE as entry:
                    beside = self._gate.enter_beside(len(self._ready) - 1)
                    yield self._ready.popleft(), entry
                    yield from self._take_beside(beside)
                case entry:
                    assert_never(entry)

    def _take_beside(self, passes: int) -> Iterator[tuple[Shipment, Pass]]:
        """The lease is looked at before each: a worker that stood still between two sends nothing more."""
        for given in range(passes):
            if not self._gate.is_lease_held:
                self._gate.leave(passes - given)
                return
            yield self._ready.popleft(), Pass.FREE

    def remove(self, is_over: Callable[[Shipment], bool]) -> None:
        """Take out what need not be sent any more. What comes to its end may be followed by more of these."""
        kept = []
        while self._ready:
            shipment = self._ready.popleft()
            if not is_over(shipment):
                kept.append(shipment)
        self._ready.extend(kept)

    def _least_tried(self) -> Shipment:
        """All that is ready is of different visitors: so each probe is another's, the untried first."""
        found = min(self._ready, key=lambda shipment: shipment.tried)
        self._ready.remove(found)
        return found
