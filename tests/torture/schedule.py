"""From a seed to a schedule: pure, so that a seed that failed says all."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.torture.acts import (
    Await,
    Begin,
    Heal,
    Kill,
    KillNode,
    Stall,
    Start,
    StartNode,
    StopNode,
    Terminate,
    Timed,
    Trouble,
    Wake,
)

MOST_WORKERS: Final = 4
FIRST_WORKERS: Final = 2

_GAP_S: Final = 3.5
"""Between two blows at workers, on average: a group that loses a member stands still for its session."""

_OPEN_S: Final = 0.4
"""About so long after its start a forked worker has its partitions open, on a quiet machine."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a random schedule may assume; a stall of `session_s` costs a worker its membership."""

    duration_s: float
    nodes: int = 1
    session_s: float = 6.0


def random_schedule(seed: int, setting: Setting) -> tuple[Timed, ...]:
    """Blows at workers, brokers and the endpoint; each has its end within the duration."""
    tracks = [
        *_Workers(random.Random(f"{seed} workers"), setting).acts(),  # noqa: S311 (a schedule is no secret)
        *_endpoint(random.Random(f"{seed} endpoint"), setting),  # noqa: S311 (the same)
        *_nodes(random.Random(f"{seed} nodes"), setting),  # noqa: S311 (the same)
    ]
    return tuple(sorted(tracks, key=lambda timed: timed.at_s))


def kill_schedule(seed: int, kills: int) -> tuple[Timed, ...]:
    """Nothing but SIGKILLs of two workers: a third of them soon after a start, before all is open."""
    found: list[Timed] = []
    for worker in range(FIRST_WORKERS):
        dice = random.Random(f"{seed} kills {worker}")  # noqa: S311 (a schedule is no secret)
        now_s = 0.0
        for _ in range(worker, kills, FIRST_WORKERS):
            found.append(_at(now_s, Start(worker)))
            if now_s > 0 and dice.random() < 1 / 3:
                now_s += dice.uniform(0.0, _OPEN_S)
            else:
                found.append(_at(now_s, Await(worker)))
                now_s += dice.uniform(0.0, 3.0)
            found.append(_at(now_s, Kill(worker)))
            now_s += dice.uniform(0.001, 0.2)
        found.append(_at(now_s, Start(worker)))
    return tuple(sorted(found, key=lambda timed: timed.at_s))


def _at(at_s: float, act: object) -> Timed:
    return Timed(round(at_s, 3), act)  # type: ignore[arg-type]  # callers give acts only


class _Workers:
    """Kills, orderly restarts, stalls and changes of how many there are."""

    def __init__(self, dice: random.Random, setting: Setting) -> None:
        self._dice = dice
        self._setting = setting
        self._free_s = dict.fromkeys(range(FIRST_WORKERS), 0.0)
        self._now_s = 0.0

    def acts(self) -> Iterator[Timed]:
        for worker in self._free_s:
            yield _at(0, Start(worker))
        self._now_s = 3.0
        while (now_s := self._now_s) < self._setting.duration_s:
            idle = [worker for worker, free_s in self._free_s.items() if free_s <= now_s]
            if idle:
                yield from self._blow(idle)
            self._now_s += self._dice.expovariate(1 / _GAP_S)

    def _blow(self, idle: list[int]) -> Iterator[Timed]:
        dice, worker = self._dice, self._dice.choice(idle)
        kind = dice.choices(("kill", "kill all", "terminate", "stall", "scale"), (40, 5, 15, 20, 20))[0]
        match kind:
            case "kill":
                yield from self._kill(worker)
            case "kill all":
                for each in idle:
                    yield from self._kill(each)
            case "terminate":
                yield self._now(Terminate(worker))
                yield from self._restart(worker, dice.uniform(0.0, 1.0))
            case "stall":
                session_s = self._setting.session_s
                is_short = dice.random() < 0.5
                lasts_s = (
                    dice.uniform(0.2, 3.0) if is_short else dice.uniform(1.1 * session_s, 2.5 * session_s)
                )
                yield self._now(Stall(worker))
                yield self._after(worker, lasts_s, Wake(worker))
            case _:
                yield from self._scale(idle)

    def _kill(self, worker: int) -> Iterator[Timed]:
        yield self._now(Kill(worker))
        yield from self._restart(worker, self._dice.choice((0.0, 0.3, 2.0)))

    def _restart(self, worker: int, wait_s: float) -> Iterator[Timed]:
        """Some are left in peace until they work; others may meet the next blow before."""
        start = self._after(worker, wait_s, Start(worker))
        yield start
        if self._dice.random() < 2 / 3:
            yield Timed(start.at_s, Await(worker))

    def _scale(self, idle: list[int]) -> Iterator[Timed]:
        wanted = self._dice.randint(1, MOST_WORKERS)
        for worker in set(range(MOST_WORKERS)) - self._free_s.keys():
            if len(self._free_s) < wanted:
                self._free_s[worker] = self._now_s
                yield self._now(Start(worker))
        for worker in idle:
            if len(self._free_s) > wanted:
                del self._free_s[worker]
                yield self._now(Terminate(worker))

    def _now(self, act: object) -> Timed:
        return _at(self._now_s, act)

    def _after(self, worker: int, wait_s: float, act: object) -> Timed:
        """The second half of a blow; the worker is left alone until then, and a moment longer."""
        end_s = min(self._now_s + wait_s, self._setting.duration_s)
        self._free_s[worker] = end_s + self._dice.uniform(0.0, 4.0)
        return _at(end_s, act)


def _endpoint(dice: random.Random, setting: Setting) -> Iterator[Timed]:
    now_s = dice.uniform(1.0, 6.0)
    while now_s < setting.duration_s:
        yield _at(now_s, Begin(dice.choice(tuple(Trouble))))
        now_s = min(now_s + dice.uniform(0.3, 6.0), setting.duration_s)
        yield _at(now_s, Heal())
        now_s += dice.uniform(1.0, 10.0)


def _nodes(dice: random.Random, setting: Setting) -> Iterator[Timed]:
    now_s = dice.uniform(8.0, 20.0)
    while now_s < setting.duration_s:
        node = dice.randint(1, setting.nodes)
        yield _at(now_s, dice.choice((StopNode, KillNode))(node))
        now_s = min(now_s + dice.uniform(0.5, 8.0), setting.duration_s)
        yield _at(now_s, StartNode(node))
        now_s += dice.uniform(15.0, 45.0)
