"""The whole engine on fakes: a partition of events, an audit topic, a group, a destination, a clock."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipeline.core.attempt import RetryPolicy
from pipeline.core.batch import SINGLE, BatchPolicy
from pipeline.core.brake import BrakePolicy
from pipeline.core.commit import LogRange
from pipeline.core.concurrency import Bounds
from pipeline.core.decode import Framing
from pipeline.core.plan import MappingDefinition, Plan, compile_plan
from pipeline.core.record import Record, TopicPartition
from pipeline.core.retry import Backoff
from pipeline.core.verdict_rules import DEFAULT_RULES, Rule
from pipeline.engine.accounting import Author
from pipeline.engine.assignment import Assignment, Chunk
from pipeline.engine.braking import BrakeSettings
from pipeline.engine.delivery import DeliveryPolicy
from pipeline.engine.engine import Engine, EnginePorts, EngineSettings
from pipeline.engine.meter import Meter
from pipeline.engine.tapping import Taps
from pipeline.ports import Tracer
from tests.support.clock import START_MS, FakeClock, settle
from tests.support.destination import FakeDestination
from tests.support.engine_ports import FakeAuditLog, FakeDeadLetters, FakeGroup

TOPIC = "segment-events"
AUDIT = "kameleoon-audit"
REPLAYS = "kameleoon-replays"
PARTITION = TopicPartition(TOPIC, 0)


def event(number: int, *, user: str | None = None, sandbox: Mapping[str, Any] | None = None) -> bytes:
    """A track event; `sandbox` is its story at the destination."""
    properties = {"number": number} | ({"sandbox": sandbox} if sandbox else {})
    return orjson.dumps(
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": f"m-{number}",
            "timestamp": "2026-01-01T00:00:00Z",
            "userId": user or f"user-{number}",
            "properties": properties,
        }
    )


def record(
    offset: int, value: bytes | None, *, key: bytes | None = None, timestamp_ms: int = START_MS
) -> Record:
    """A record of the events partition."""
    return Record(TOPIC, 0, offset, timestamp_ms, key, value)


def tracks(*names: str) -> Plan:
    """A plan with one logEvent mapping a name, each taking every track event."""
    definitions = [MappingDefinition(name, 'type = "track"', "logEvent", {}) for name in names or ("Tracks",)]
    return compile_plan(definitions, Framing.NONE)


def said(logs: Iterable[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    """What a worker logged for a cause: without the regular line of its work."""
    return [line for line in logs if line["event"] != "work done"]


@dataclass
class World:
    """What outlives a worker, and how the next one is made."""

    clock: FakeClock = field(default_factory=FakeClock)
    audit: FakeAuditLog = field(default_factory=FakeAuditLog)
    group: FakeGroup = field(default_factory=FakeGroup)
    destination: FakeDestination = field(default_factory=FakeDestination)
    plan: Plan = field(default_factory=tracks)
    batch: BatchPolicy = SINGLE
    concurrency: int = 4
    min_concurrency: int = 1
    max_attempts: int = 3
    expire_after_ms: float | None = None
    is_ordered: bool = True
    max_event_names: int | None = None
    max_in_flight_events: int = 32
    brake: BrakePolicy | None = None
    digest: str = "a configuration"
    is_brake_released: bool = False
    max_spread: int = 1000
    standstill_s: float = 86400.0
    jitter: Callable[[], float] = lambda: 0.5
    meter: Meter = field(default_factory=Meter)
    rules: tuple[Rule, ...] = DEFAULT_RULES
    tracer: Tracer | None = None

    def __post_init__(self) -> None:
        self.letters = FakeDeadLetters(self.audit)
        self.taps = Taps(self.plan, self.clock)

    def engine(self) -> Engine:
        """A worker's engine, as the composition root makes it."""
        settings = EngineSettings(
            plan=self.plan,
            author=Author("kameleoon-tests", "worker", self.plan.digest),
            audit_topic=AUDIT,
            replays_topic=REPLAYS,
            audit_linger_s=0.0,
            brake=BrakeSettings(self.brake, self.digest, self.is_brake_released),
            delivery=DeliveryPolicy(
                concurrency=Bounds(self.min_concurrency, self.concurrency),
                batch=self.batch,
                retry=RetryPolicy(Backoff(1.0, 8.0), self.max_attempts),
                expire_after_ms=self.expire_after_ms,
                rules=self.rules,
            ),
            is_ordered=self.is_ordered,
            max_event_names=self.max_event_names,
            max_in_flight_events=self.max_in_flight_events,
            max_in_flight_bytes=1_000_000,
            max_spread=self.max_spread,
            drain_s=30.0,
            lease_s=30.0,
            standstill_s=self.standstill_s,
        )
        ports = EnginePorts(
            audit_log=self.audit,
            clock=self.clock,
            dead_letters=self.letters,
            destination=self.destination,
            group=self.group,
            jitter=self.jitter,
            meter=self.meter,
            taps=self.taps,
            tracer=self.tracer,
        )
        return Engine(settings, ports)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator["RunningWorker"]:
        """A running engine; leaving the block is a crash: nothing is released."""
        engine = self.engine()
        given_up: list[TopicPartition] = []
        pauses_s: list[float] = []

        def note(partitions: list[TopicPartition], pause_s: float) -> None:
            given_up.extend(partitions)
            pauses_s.append(pause_s)

        engine.partitions.on_given_up = note
        services = [asyncio.create_task(service) for service in engine.services()]
        try:
            yield RunningWorker(self, engine, services, given_up, pauses_s)
        finally:
            for service in services:
                service.cancel()
            await asyncio.gather(*services, return_exceptions=True)


@dataclass
class RunningWorker:
    """One worker at work on partition 0."""

    world: World
    engine: Engine
    services: list[asyncio.Task[None]]
    given_up: list[TopicPartition]
    pauses_s: list[float]

    async def open(self) -> Assignment:
        """Take the partition over, as the source does."""
        self.given_up.clear()
        (assignment,) = await self.engine.partitions.open([PARTITION])
        self.engine.partitions.register([assignment])
        return assignment

    async def take(self, records: Sequence[Record]) -> None:
        """Receive and process records, then let everything go on that can."""
        end = records[-1].offset + 1
        self.world.group.events[PARTITION] = LogRange(0, max(end, self._end()))
        assignment = self.engine.partitions.receive(PARTITION, records)
        if assignment is not None:
            self.engine.process(Chunk(assignment, records))
        await settle()

    async def release(self) -> None:
        """Give the partition back, as on a rebalance."""
        await self.engine.partitions.release([PARTITION])

    def _end(self) -> int:
        held = self.world.group.events.get(PARTITION)
        return held.end if held else 0
