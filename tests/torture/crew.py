"""The workers of a torture run: numbered places, each with a process or none, and how each ended."""

import asyncio
import itertools
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.worker.nursery import Child, Nursery

_AGAIN_S: Final = 0.5
_LOOK_AGAIN_S: Final = 0.05
_PATIENCE_S: Final = 10.0
_STOP_S: Final = 90.0
_FINE: Final = 0
_UNREACHABLE: Final = 3


@dataclass(slots=True)
class _Place:
    """`is_wanted`: a worker that ends by itself is started again. `is_alive`: it was not killed."""

    child: Child | None = None
    is_wanted: bool = False
    is_ending: bool = False
    is_alive: asyncio.Event = field(default_factory=asyncio.Event)
    watching: asyncio.Task[None] | None = None


@dataclass(slots=True)
class CrewCounts:
    """What happened to workers, and the ends that nobody asked for, by exit code.

    `lost_holders` counts those among them that had opened partitions, `opened` all that ever did.
    """

    starts: int = 0
    kills: int = 0
    kills_before_open: int = 0
    terminations: int = 0
    stalls: int = 0
    own_ends: Counter[int] = field(default_factory=Counter)
    lost_holders: int = 0
    opened: int = 0


class Crew:
    """Starts, signals and replaces workers, as an orchestrator does.

    `breaches` tells of ends that no worker may come to.
    """

    def __init__(self, nursery: Nursery, config_of: Callable[[int, str], Path], folder: Path) -> None:
        self._nursery = nursery
        self._config_of = config_of
        self._folder = folder
        self._places: dict[int, _Place] = {}
        self._numbers = itertools.count(1)
        self.counts = CrewCounts()
        self.breaches: list[str] = []

    def start(self, worker: int) -> None:
        """Have a worker in this place, once the one before it has ended."""
        place = self._places.setdefault(worker, _Place())
        place.is_wanted = True
        if place.watching is None or place.watching.done():
            place.watching = asyncio.create_task(self._keep(worker, place))

    async def kill(self, worker: int) -> None:
        """SIGKILL, stalled or not; where the one before it is not buried yet, once it has begun."""
        place = self._places[worker]
        if place.is_wanted:
            async with asyncio.timeout(_STOP_S):
                await place.is_alive.wait()
        place.is_wanted = False
        if place.child is not None and place.child.is_running:
            place.is_alive.clear()
            self.counts.kills += 1
            self.counts.kills_before_open += not _has_opened(place.child)
            self._end(place, signal.SIGKILL)

    def terminate(self, worker: int) -> None:
        """SIGTERM, without waiting."""
        place = self._places[worker]
        place.is_wanted = False
        if place.child is not None and place.child.is_running:
            self.counts.terminations += 1
            self._end(place, signal.SIGTERM)

    def stall(self, worker: int) -> None:
        """SIGSTOP."""
        child = self._places[worker].child
        if child is not None and child.is_running:
            self.counts.stalls += 1
            child.signal(signal.SIGSTOP)

    def wake(self, worker: int) -> None:
        """SIGCONT."""
        child = self._places[worker].child
        if child is not None and child.is_running:
            child.signal(signal.SIGCONT)

    async def opened(self, worker: int) -> None:
        """Wait until the worker in this place has partitions open, or for so long that it hardly will."""
        deadline_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline_s:
            child = self._places[worker].child
            if child is not None and child.is_running and _has_opened(child):
                return
            await asyncio.sleep(_LOOK_AGAIN_S)

    def replace(self) -> None:
        """SIGTERM to all, and another in each place."""
        for worker in self._places:
            self.terminate(worker)
            self.start(worker)

    async def stop(self) -> None:
        """SIGTERM to all, stalled or not, and wait. Raises TimeoutError."""
        for worker in self._places:
            self.wake(worker)
            self.terminate(worker)
        watching = [place.watching for place in self._places.values() if place.watching is not None]
        async with asyncio.timeout(_STOP_S):
            await asyncio.gather(*watching)

    def abandon(self) -> None:
        """Watch nobody any more; the nursery ends them all."""
        for place in self._places.values():
            if place.watching is not None:
                place.watching.cancel()

    @staticmethod
    def _end(place: _Place, number: signal.Signals) -> None:
        assert place.child is not None
        place.is_ending = True
        place.child.signal(number)

    async def _keep(self, worker: int, place: _Place) -> None:
        """A worker in this place for as long as one is wanted."""
        while place.is_wanted:
            name = f"worker-{worker}-{next(self._numbers):04}"
            config = self._config_of(worker, name)
            place.child = child = self._nursery.start(config, self._folder / f"{name}.log")
            place.is_ending = False
            place.is_alive.set()
            self.counts.starts += 1
            await child.ended()
            place.is_alive.clear()
            self._judge(place, child)
            if not place.is_ending:
                await asyncio.sleep(_AGAIN_S)

    def _judge(self, place: _Place, child: Child) -> None:
        code = child.exit_code
        assert code is not None
        self.counts.opened += _has_opened(child)
        if not place.is_ending:
            self.counts.own_ends[code] += 1
            self.counts.lost_holders += _has_opened(child)
        if code not in self._allowed(place, child):
            self.breaches.append(f"{child.log_file.name}: a worker ended with {code}")
        if _says(child, "the brake is on: nothing is sent"):
            self.breaches.append(f"{child.log_file.name}: the brake went on")

    @staticmethod
    def _allowed(place: _Place, child: Child) -> set[int]:
        """How a worker may end; a signal may come before it listens."""
        if not place.is_ending:
            return {_UNREACHABLE}
        ordered = {_FINE, _UNREACHABLE, -signal.SIGKILL}
        return ordered if _has_opened(child) else {*ordered, -signal.SIGTERM}


def _has_opened(child: Child) -> bool:
    return _says(child, "partition open")


def _says(child: Child, event: str) -> bool:
    return any(line["event"] == event for line in child.log())
