"""Whether a worker is ready, and what keeps it from being so: the page `/ready` shows this."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.breaker import Cause


class Hindrance(StrEnum):
    """What keeps a worker that is alive from being ready."""

    STARTING = "starting"
    STOPPING = "stopping"
    JOINING = "joining"
    OPENING = "opening"
    LEASE_LOST = "lease_lost"
    BRAKE_ON = "brake_on"
    AUDIT_REFUSED = "audit_refused"


@dataclass(frozen=True, slots=True)
class Condition:
    """What is known of a worker at one moment; the partitions are those of the events topic."""

    is_stopping: bool = False
    is_connected: bool = False
    has_joined: bool = False
    assigned: int = 0
    open: int = 0
    is_lease_held: bool = False
    is_brake_on: bool = False
    is_audit_refused: bool = False
    breaker: Cause | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """The answer: ready when nothing hinders. `partitions` are those that are read from.

    An open breaker hinders nobody: the worker holds its partitions and sends when the destination
    takes events again, which no other worker could do better.
    """

    because: tuple[Hindrance, ...]
    partitions: int
    breaker: str

    @property
    def is_ready(self) -> bool:
        """Whether nothing hinders."""
        return not self.because


def health(condition: Condition) -> Health:
    """Judge a worker's condition. A worker that stands by without partitions is ready."""
    breaker = "closed" if condition.breaker is None else condition.breaker.value
    return Health(tuple(_hindrances(condition)), condition.open, breaker)


def _hindrances(now: Condition) -> list[Hindrance]:
    if now.is_stopping:
        return [Hindrance.STOPPING]
    if not now.is_connected:
        return [Hindrance.STARTING]
    if not now.has_joined:
        return [Hindrance.JOINING]
    if now.assigned and not now.open and not now.is_audit_refused:
        return [Hindrance.OPENING]
    if now.open and not now.is_lease_held:
        return [Hindrance.LEASE_LOST]
    if now.is_audit_refused:
        return [Hindrance.AUDIT_REFUSED]
    if now.is_brake_on:
        return [Hindrance.BRAKE_ON]
    return []
