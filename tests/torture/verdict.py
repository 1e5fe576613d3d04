"""What a run has left on the topics, read back and judged."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import ConsumerRecord

from pipeline.core.accounted import Accounts, Lack
from pipeline.core.audit import AuditRecord, OutcomeKind, Position
from pipeline.core.audit_decode import decode_audit
from pipeline.core.dead_letter import read_origin
from tests.support.worker.scene import Scene
from tests.support.worker.topic import read_topic
from tests.torture.laws import Arrival, Event, Findings, Told, compare
from tests.torture.traffic import identities

_BURIED: Final = frozenset({OutcomeKind.REJECTED, OutcomeKind.FAILED, OutcomeKind.EXPIRED})
"""Outcomes whose original stands on the dead-letter topic."""

Place = tuple[int, int]
"""Partition and offset on the events topic."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The three records compared; `breaches` must be empty."""

    events: int
    complete: int
    lacks: Counter[Lack]
    outcomes: Counter[str]
    void: int
    findings: Findings
    breaches: list[str]


class _Audit:
    """The audit topic taken in: outcomes that count, and how many do not."""

    def __init__(self, events: Sequence[ConsumerRecord], pipeline: str) -> None:
        self._pipeline = pipeline
        self.accounts = Accounts(
            [Position(event.topic, event.partition, event.offset) for event in events], pipeline
        )
        self.told: list[Told] = []
        self.outcomes: Counter[str] = Counter()
        self.undelivered: set[Place] = set()
        self.void = 0

    def take(self, stands: ConsumerRecord) -> None:
        """One record of the topic, each partition's in their order."""
        entry = decode_audit(stands.value)
        counts = self.accounts.add(entry)
        if not isinstance(entry, AuditRecord) or entry.pipeline != self._pipeline:
            return
        if not counts:
            self.void += 1
            return
        self.outcomes[f"{entry.outcome.value} {entry.reason}"] += 1
        if entry.outcome in _BURIED:
            self.undelivered.add((entry.source.partition, entry.source.offset))
        if entry.message_id is not None and entry.mapping is not None:
            self.told.append(_told(entry, stands.timestamp))


def _told(entry: AuditRecord, at_ms: int) -> Told:
    return Told(
        part=(entry.message_id or "", entry.mapping or ""),
        number=entry.part,
        is_delivered=entry.outcome is OutcomeKind.DELIVERED,
        is_flagged=entry.possible_duplicate,
        attempts=entry.http.attempts if entry.http else 0,
        worker=entry.worker,
        at_ms=at_ms,
    )


async def read_verdict(scene: Scene, arrivals: Sequence[Arrival], *, has_zombies: bool) -> Verdict:
    """Read input, audit and dead letters, and hold them against the sandbox's log."""
    events = await scene.events()
    audit = _Audit(events, scene.pipeline())
    for stands in await read_topic(scene.servers, scene.kafka.topics.audit, scene.partitions):
        audit.take(stands)
    lacking = list(audit.accounts.unaccounted())
    findings = compare([_event(found) for found in events], audit.told, arrivals, has_zombies=has_zombies)
    buried = {_origin(letter) for letter in await scene.dead_letters()}
    return Verdict(
        events=len(events),
        complete=audit.accounts.complete,
        lacks=Counter(lack.lack for lack in lacking),
        outcomes=audit.outcomes,
        void=audit.void,
        findings=findings,
        breaches=[
            *(str(lack) for lack in lacking),
            *(f"{place} has no dead letter" for place in sorted(audit.undelivered - buried)),
            *findings.breaches,
        ],
    )


def _event(found: ConsumerRecord) -> Event:
    message_id, lanes = identities(found.value)
    return Event(found.partition, found.offset, message_id, lanes)


def _origin(letter: ConsumerRecord) -> Place:
    origin = read_origin(letter.headers)
    assert origin is not None, "a dead letter without its coordinates"
    return origin.position.partition, origin.position.offset
