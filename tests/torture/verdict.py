"""What a run has left on the topics, read back and judged."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import ConsumerRecord

from pipeline.adapters.reconciliation import reconcile
from pipeline.core.audit import AuditRecord, OutcomeKind
from pipeline.core.audit_decode import decode_audit
from pipeline.core.audit_view import Fences
from pipeline.core.dead_letter import read_origin
from pipeline.core.reconcile.asked import Asked
from pipeline.core.reconcile.findings import Kind, Reconciliation
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
    """The three records compared; `breaches` must be empty. `took_over` counts workers with a marker."""

    events: int
    complete: int
    wrong: Counter[Kind]
    outcomes: Counter[str]
    void: int
    took_over: int
    findings: Findings
    breaches: list[str]


class _Audit:
    """The outcomes of one pipeline that count: what a later assignment voids does not."""

    def __init__(self, pipeline: str) -> None:
        self._pipeline = pipeline
        self._fences = Fences()
        self.told: list[Told] = []
        self.outcomes: Counter[str] = Counter()
        self.undelivered: set[Place] = set()
        self.took_over: set[str] = set()

    def take(self, audit: Iterable[ConsumerRecord]) -> None:
        """Records of the topic, each partition's in their order."""
        for stands in audit:
            entry = decode_audit(stands.value)
            if entry is None or not self._fences.admits(entry) or entry.pipeline != self._pipeline:
                continue
            if isinstance(entry, AuditRecord):
                self._add(entry, stands.timestamp)
            else:
                self.took_over.add(entry.worker)

    def _add(self, entry: AuditRecord, at_ms: int) -> None:
        self.outcomes[f"{entry.outcome.value} {entry.reason}"] += 1
        if entry.outcome in _BURIED:
            self.undelivered.add((entry.source.partition, entry.source.offset))
        if entry.message_id is not None and entry.mapping is not None:
            self.told.append(_told(entry, entry.message_id, entry.mapping, at_ms))


def _told(entry: AuditRecord, message_id: str, mapping: str, at_ms: int) -> Told:
    return Told(
        part=(message_id, mapping),
        number=entry.part,
        is_delivered=entry.outcome is OutcomeKind.DELIVERED,
        is_flagged=entry.possible_duplicate,
        worker=entry.worker,
        at_ms=at_ms,
    )


async def read_verdict(scene: Scene, arrivals: Sequence[Arrival], *, has_zombies: bool) -> Verdict:
    """Close the books, and hold input and audit against the sandbox's log."""
    books = await reconcile(scene.kafka, Asked(pipeline=scene.pipeline(), to_end=True))
    events = await scene.events()
    audit = _Audit(scene.pipeline())
    audit.take(await read_topic(scene.servers, scene.kafka.topics.audit, scene.partitions))
    findings = compare([_event(found) for found in events], audit.told, arrivals, has_zombies=has_zombies)
    buried = {_origin(letter) for letter in await scene.dead_letters()}
    return Verdict(
        events=len(events),
        complete=sum(report.complete for report in books.partitions),
        wrong=sum((report.counts for report in books.partitions), Counter()),
        outcomes=audit.outcomes,
        void=sum(report.void for report in books.partitions),
        took_over=len(audit.took_over),
        findings=findings,
        breaches=[
            *_wrong_books(books, len(events)),
            *(f"{place} has no dead letter" for place in sorted(audit.undelivered - buried)),
            *findings.breaches,
        ],
    )


def _wrong_books(books: Reconciliation, events: int) -> list[str]:
    found = [str(finding) for report in books.partitions for finding in report.findings]
    if books.misplaced:
        found.append(f"{books.misplaced} outcomes stand in another partition than their record's")
    judged = sum(report.records for report in books.partitions)
    if judged != events:
        found.append(f"reconcile judged {judged} records of {events}")
    if not found and not books.is_clean:
        found.append(f"the books are not clean: {[report.note for report in books.partitions]}")
    return found


def _event(found: ConsumerRecord) -> Event:
    message_id, lanes = identities(found.value)
    return Event(found.partition, found.offset, message_id, lanes)


def _origin(letter: ConsumerRecord) -> Place:
    origin = read_origin(letter.headers)
    assert origin is not None, "a dead letter without its coordinates"
    return origin.position.partition, origin.position.offset
