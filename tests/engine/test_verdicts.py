"""What answers lead to: rules of one's own, and requests that are too large."""

import asyncio

import orjson

from pipeline.core.audit import AuditRecord, OutcomeKind
from pipeline.core.batch import BatchPolicy
from pipeline.core.exchange import Answer, Exchange
from pipeline.core.outcome import Reason
from pipeline.core.trace import TraceContext
from pipeline.core.verdict_rules import DEFAULT_RULES, Rule, StatusRange, VerdictKind
from tests.support.clock import settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import World, event, record

ARRAY = BatchPolicy(max_events=4, max_bytes=100_000, linger_s=0.05, is_array=True)


def take_202_for(verdict: VerdictKind) -> tuple[Rule, ...]:
    """The defaults under a rule for 202."""
    return (Rule((StatusRange(202, 202),), verdict), *DEFAULT_RULES)


def events_by_request(world: World) -> list[int]:
    """How many events each request carried."""
    bodies = [orjson.loads(body) for body in world.destination.sent]
    return [len(body) if isinstance(body, list) else 1 for body in bodies]


async def deliver(world: World, *values: bytes) -> list[AuditRecord]:
    """Take the events in, let time pass, and answer the audit in the order of the events."""
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, value) for offset, value in enumerate(values)])
        await world.clock.advance(100)
    return sorted(world.audit.records(), key=lambda found: found.source.offset)


async def test_a_success_that_a_rule_takes_for_a_no_makes_the_next_attempt_doubtful() -> None:
    world = World(rules=take_202_for(VerdictKind.TRANSIENT))

    (found,) = await deliver(world, event(0, sandbox={"status": "202,200"}))

    assert (found.outcome, found.possible_duplicate) == (OutcomeKind.DELIVERED, True)
    assert len(world.destination.sent) == 2


async def test_an_array_that_a_rule_refuses_despite_its_success_is_halved_in_doubt() -> None:
    world = World(batch=ARRAY, rules=take_202_for(VerdictKind.REFUSED))

    found = await deliver(world, event(0, sandbox={"status": "202"}), event(1))

    assert events_by_request(world) == [2, 1, 1]
    assert [(each.outcome, each.possible_duplicate) for each in found] == [
        (OutcomeKind.FAILED, True),
        (OutcomeKind.DELIVERED, True),
    ]
    assert found[0].detail == "202 Accepted, a no by delivery.verdicts"


async def test_what_a_halved_array_leaves_behind_is_doubted_by_the_successor() -> None:
    """The array may have arrived; its second half is given back before it was sent alone."""
    gate = HeldAnswers()
    destination = FakeDestination(gate=gate)
    world = World(batch=ARRAY, rules=take_202_for(VerdictKind.REFUSED), destination=destination)
    records = [record(0, event(0, sandbox={"status": "202,200"})), record(1, event(1))]

    async with world.worker() as worker:
        await worker.open()
        await worker.take(records)
        await world.clock.advance(1)
        gate.release(1)
        await settle()
        assert events_by_request(world) == [2, 1]
        releasing = asyncio.create_task(worker.release())
        await settle()
        gate.open()
        await releasing
    async with world.worker() as successor:
        await successor.open()
        await successor.take(records[1:])
        await world.clock.advance(1)

    found = {each.source.offset: each.possible_duplicate for each in world.audit.records()}
    assert found == {0: True, 1: True}


async def test_a_413_fails_the_event_with_a_reason_of_its_own() -> None:
    world = World()

    (found,) = await deliver(world, event(0, sandbox={"status": "413"}))

    assert (found.outcome, found.reason, found.stage) == ("failed", Reason.REQUEST_TOO_LARGE, "deliver")
    assert [letter.value for letter in world.letters.letters] == [event(0, sandbox={"status": "413"})]


async def test_an_array_that_is_too_large_is_halved_until_its_events_pass() -> None:
    """The destination takes two events at most, and one of them never."""
    world = World(batch=ARRAY, destination=_TakesTwo())

    found = await deliver(world, event(0), event(1), event(2), event(3, sandbox={"status": "413"}))

    assert events_by_request(world) == [4, 2, 2, 1, 1]
    assert [each.reason for each in found] == [Reason.ACCEPTED] * 3 + [Reason.REQUEST_TOO_LARGE]


class _TakesTwo(FakeDestination):
    async def send(self, body: bytes, trace: TraceContext | None = None) -> Exchange:
        told = orjson.loads(body)
        if len(told) > 2 and isinstance(told, list):
            self.sent.append(body)
            return Answer(413)
        return await super().send(body, trace)
