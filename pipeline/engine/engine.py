"""The engine put together: admission, delivery, audit and the partitions, over whatever ports it is given."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from pipeline.core.audit import OutcomeKind
from pipeline.core.metrics import OUTCOMES, POSSIBLE_DUPLICATES
from pipeline.core.outcome import Delivered, Expired, Failed, Outcome
from pipeline.core.plan import Plan
from pipeline.core.replay import Inbox
from pipeline.engine.accounting import Author, labels_of
from pipeline.engine.admission import Admission
from pipeline.engine.assignment import Chunk, Entry
from pipeline.engine.audit_writer import AuditWriter
from pipeline.engine.braking import BrakeSettings, Braking
from pipeline.engine.budget import InFlightBudget
from pipeline.engine.commits import Commits
from pipeline.engine.delivery import Delivery, DeliveryPolicy
from pipeline.engine.digest import Digest
from pipeline.engine.gate import Gate, GatePolicy
from pipeline.engine.idle_audit import follow_audit
from pipeline.engine.lease import Lease
from pipeline.engine.meter import Meter
from pipeline.engine.name_guard import NameGuard
from pipeline.engine.opening import Opener
from pipeline.engine.partitions import Partitions
from pipeline.engine.retention import Retention
from pipeline.engine.standstill import watch_standstill
from pipeline.engine.tapping import Taps
from pipeline.engine.tracing import Traces
from pipeline.engine.undelivered_log import UndeliveredLog
from pipeline.ports import AuditLog, Clock, ConsumerGroup, DeadLetters, Destination, Tracer

COMMIT_INTERVAL_S: Final = 1.0

_SENT: Final = (Delivered, Failed, Expired)
"""Outcomes of what was sent, or may have been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What the configuration says of the engine; `is_ordered` keeps each visitor's order.

    `lease_s` is how long after a commit the group gives the partitions to nobody else.
    `max_event_names` is None for any number. After `standstill_s` without progress the worker ends.
    """

    plan: Plan
    author: Author
    audit_topic: str
    replays_topic: str
    audit_linger_s: float
    brake: BrakeSettings
    delivery: DeliveryPolicy
    is_ordered: bool
    max_event_names: int | None
    max_in_flight_events: int
    max_in_flight_bytes: int
    max_spread: int
    drain_s: float
    lease_s: float
    standstill_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EnginePorts:
    """What the engine talks to. `jitter` gives numbers in [0, 1); `meter` and `taps` are others' to read.

    Without a `tracer` nothing is traced.
    """

    audit_log: AuditLog
    clock: Clock
    dead_letters: DeadLetters
    destination: Destination
    group: ConsumerGroup
    jitter: Callable[[], float]
    meter: Meter
    taps: Taps
    tracer: Tracer | None = None


class Engine:
    """Takes chunks of records to their outcomes; `services` are to run side by side meanwhile."""

    def __init__(self, settings: EngineSettings, ports: EnginePorts) -> None:
        self._standstill_s = settings.standstill_s
        self._clock, self._meter, self._audit_log = ports.clock, ports.meter, ports.audit_log
        lease, traces = Lease(settings.lease_s), Traces(ports.tracer, ports.clock)
        self._undelivered = UndeliveredLog(ports.clock)
        self._digest = Digest(ports.meter, ports.clock)
        self.braking = Braking(settings.brake, ports.clock, ports.meter)
        self.gate = _gate(settings.delivery, ports, lease, self.braking)
        self._delivery = Delivery(
            ports.destination,
            settings.delivery,
            ports.clock,
            ports.jitter,
            self.gate,
            self._report,
            ports.meter,
            ports.taps,
            traces,
        )
        self._audit_writer = AuditWriter(
            settings.author,
            ports.audit_log,
            ports.dead_letters,
            ports.clock,
            settings.audit_linger_s,
            self._settle_all,
            self._give_up,
            self._digest.note,
            ports.meter,
            ports.taps,
            traces,
        )
        self._admission = Admission(
            settings.plan,
            Inbox(settings.replays_topic, settings.author.pipeline),
            names=NameGuard(settings.max_event_names, ports.meter),
            braking=self.braking,
            is_ordered=settings.is_ordered,
            deliver=self._delivery.admit,
            report=self._report,
            report_again=self._audit_writer.put,
            settle=self._settle,
            taps=ports.taps,
            traces=traces,
        )
        commits = Commits(ports.group, settings.audit_topic, ports.clock, lease, self.braking)
        self.partitions = Partitions(
            opener=_opener(settings, ports, commits, self.braking),
            commits=commits,
            budget=InFlightBudget(settings.max_in_flight_events, settings.max_in_flight_bytes),
            delivery=self._delivery,
            audit_writer=self._audit_writer,
            max_spread=settings.max_spread,
            drain_s=settings.drain_s,
            meter=ports.meter,
            traces=traces,
        )
        self.retention = Retention(
            self.partitions, ports.clock, ports.meter, report=self._report, settle=self._settle
        )

    def process(self, chunk: Chunk) -> None:
        """Decode, trigger, map and validate a chunk's records and queue them for delivery."""
        self._admission.take_in(chunk.assignment, chunk.records)

    def services(self) -> list[Coroutine[Any, Any, None]]:
        """Delivery, audit, regular commits and what else runs for ever."""
        return [
            self._delivery.run(),
            self._audit_writer.run(),
            self._digest.tell_regularly(),
            self.partitions.commit_regularly(COMMIT_INTERVAL_S),
            follow_audit(self.partitions.assignments, self._audit_log, self._clock),
            watch_standstill(
                self._standstill_s,
                clock=self._clock,
                held=self.partitions.assignments,
                is_waiting=self._is_waiting,
                meter=self._meter,
            ),
        ]

    def _is_waiting(self) -> bool:
        """Whether it is known why nothing moves, if nothing does."""
        return self.gate.is_held or self._delivery.is_pausing or self.partitions.refused > 0

    def _report(self, entry: Entry, index: int, outcome: Outcome) -> None:
        self._audit_writer.put(entry, index, outcome)
        stage, kind, reason = labels_of(outcome)
        self._meter.add(OUTCOMES, 1, stage, kind, reason)
        if isinstance(outcome, _SENT) and outcome.possible_duplicate:
            self._meter.add(POSSIBLE_DUPLICATES)
        if kind is OutcomeKind.FAILED or kind is OutcomeKind.EXPIRED:
            self._undelivered.count(reason)
        self.braking.count(outcome)

    def _settle(self, entry: Entry) -> None:
        self._settle_all([entry])

    def _settle_all(self, entries: list[Entry]) -> None:
        """Together, so that what may follow is admitted together: that is a good deal quicker."""
        self.partitions.settle(entries)
        for assignment in {entry.assignment for entry in entries}:
            if assignment.waiting:
                self._admission.go_on(assignment)

    def _give_up(self, audit_partition: int, why: str) -> None:
        self.partitions.give_up(audit_partition, why)


def _gate(delivery: DeliveryPolicy, ports: EnginePorts, lease: Lease, braking: Braking) -> Gate:
    policy = GatePolicy(delivery.concurrency, delivery.retry.backoff)
    return Gate(policy, ports.clock, ports.jitter, lease, braking, ports.meter)


def _opener(settings: EngineSettings, ports: EnginePorts, commits: Commits, braking: Braking) -> Opener:
    return Opener(
        group=ports.group,
        commits=commits,
        audit=ports.audit_log,
        audit_topic=settings.audit_topic,
        author=settings.author,
        clock=ports.clock,
        braking=braking,
    )
