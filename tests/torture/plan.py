"""What a torture run is told to do, and what it came to."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from tests.torture.acts import KillNode, Stall, StopNode, Timed
from tests.torture.crew import CrewCounts
from tests.torture.schedule import kill_schedule
from tests.torture.verdict import Verdict

_BUSY_MS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run does. `is_static`: workers keep their partitions over a quick restart.

    `rate` is in records a second; `delay_ms` is how long each request takes at the least. With more than
    one event a request these are arrays.
    """

    seed: int
    schedule: tuple[Timed, ...]
    rate: float = 100.0
    delay_ms: int = 0
    partitions: int = 4
    concurrency: int = 64
    events_a_request: int = 1
    session_s: float = 6.0
    is_static: bool = False

    @property
    def has_zombies(self) -> bool:
        """Whether workers may wake up after their partitions were given away."""
        return any(isinstance(timed.act, Stall | StopNode | KillNode) for timed in self.schedule)

    @property
    def lasts_s(self) -> float:
        """When the last act is due."""
        return max((timed.at_s for timed in self.schedule), default=0.0)


@dataclass(slots=True)
class Outcome:
    """What a run came to. `breaches` must be empty; all else is for the report."""

    plan: Plan
    verdict: Verdict
    workers: CrewCounts
    troubles: Counter[str]
    requests: int
    most_in_flight: int
    unacknowledged: int
    catching_up_s: float
    breaches: list[str] = field(default_factory=list)


def kill_plan(seed: int, kills: int, rate: float, *, events_a_request: int = 1) -> Plan:
    """SIGKILLs only, of workers with about as many requests in flight as they may have."""
    return Plan(
        seed=seed,
        schedule=kill_schedule(seed, kills),
        rate=rate,
        delay_ms=_BUSY_MS,
        events_a_request=events_a_request,
        is_static=True,
    )
