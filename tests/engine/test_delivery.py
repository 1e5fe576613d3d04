"""Stages batch and deliver on fakes: every answer has its consequence, and no event its neighbour's."""

import asyncio

import orjson
import pytest

from pipeline.adapters.sandbox import Faults
from pipeline.core.audit import AuditRecord, OutcomeKind
from pipeline.core.batch import BatchPolicy
from pipeline.core.outcome import Reason
from tests.support.clock import settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import World, event, record, tracks

ARRAY = BatchPolicy(max_events=4, max_bytes=100_000, linger_s=0.05, is_array=True)


def sent_numbers(world: World) -> list[list[int]]:
    """The numbers of the events of each request, in the order they were sent."""
    bodies = [orjson.loads(body) for body in world.destination.sent]
    return [
        [item["properties"]["number"] for item in (body if isinstance(body, list) else [body])]
        for body in bodies
    ]


def audited(world: World) -> dict[int, AuditRecord]:
    return {found.source.offset: found for found in world.audit.records()}


async def deliver(world: World, *values: bytes, seconds: float = 0) -> dict[int, AuditRecord]:
    """Take the events in, let time pass, and answer what the audit says of each offset."""
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, value) for offset, value in enumerate(values)])
        await world.clock.advance(seconds)
    return audited(world)


async def test_a_2xx_delivers() -> None:
    world = World()

    found = (await deliver(world, event(0)))[0]

    assert (found.outcome, found.reason, found.possible_duplicate) == ("delivered", Reason.ACCEPTED, False)
    assert found.http is not None
    assert (found.http.status, found.http.attempts) == (200, 1)
    assert found.has_visitor_code is False


@pytest.mark.parametrize("status", [302, 400, 404, 414, 431, 501])
async def test_what_is_refused_fails_at_once_and_is_kept(status: int) -> None:
    world = World()

    found = (await deliver(world, event(0, sandbox={"status": str(status)}), seconds=100))[0]

    assert (found.outcome, found.reason, len(world.destination.sent)) == ("failed", Reason.REFUSED, 1)
    assert [letter.value for letter in world.letters.letters] == [event(0, sandbox={"status": str(status)})]
    assert world.letters.audited == [0], "the dead letter stands before its audit record"


@pytest.mark.parametrize(
    "status,is_doubtful",
    [
        ("500", True),
        ("502", True),
        ("504", True),
        ("503", False),
        ("408", False),
        ("423", False),
        ("429", False),
    ],
)
async def test_what_may_pass_is_tried_again(status: str, is_doubtful: bool) -> None:  # noqa: FBT001 (a case)
    """Only an answer after which Kameleoon may have the event makes the next one a possible duplicate."""
    world = World()

    found = (await deliver(world, event(0, sandbox={"status": f"{status},200"}), seconds=100))[0]

    assert (found.outcome, found.possible_duplicate) == (OutcomeKind.DELIVERED, is_doubtful)
    assert found.http is not None
    assert found.http.attempts == 2


@pytest.mark.parametrize("fault", ["reset", "stall", "truncate"])
async def test_no_complete_answer_is_doubtful(fault: str) -> None:
    world = World()

    found = (await deliver(world, event(0, sandbox={"fault": f"{fault},none"}), seconds=100))[0]

    assert (found.outcome, found.possible_duplicate) == ("delivered", True)


async def test_an_outage_costs_no_event() -> None:
    """While nothing is accepted the destination is at fault: no attempt is charged."""
    world = World(max_attempts=2)
    world.destination.is_reachable = False

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(10)])
        await world.clock.advance(1800)
        assert audited(world) == {}
        world.destination.is_reachable = True
        await world.clock.advance(10)

    assert {found.outcome for found in audited(world).values()} == {"delivered"}
    assert len(audited(world)) == 10
    assert not any(found.possible_duplicate for found in audited(world).values())


async def test_one_poisoned_event_fails_when_others_are_accepted() -> None:
    world = World(max_attempts=3)

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "500"}))])
        for offset in range(1, 30):
            await worker.take([record(offset, event(offset))])
            await world.clock.advance(10)

    found = audited(world)
    assert (found[0].outcome, found[0].reason) == ("failed", Reason.RETRIES_EXHAUSTED)
    assert all(found[offset].outcome == "delivered" for offset in range(1, 30))


async def test_a_wrong_key_costs_no_event() -> None:
    world = World(max_attempts=1)
    world.destination.faults = Faults(refuse_auth=True)

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(6)])
        await world.clock.advance(600)
        assert audited(world) == {}
        world.destination.faults = Faults()
        await world.clock.advance(20)

    assert [found.outcome for found in audited(world).values()] == ["delivered"] * 6


async def test_retry_after_holds_the_whole_destination() -> None:
    world = World(concurrency=1)

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "429,200", "retry_after": 20}))])
        await worker.take([record(offset, event(offset)) for offset in range(1, 4)])
        await world.clock.advance(19.9)
        assert sent_numbers(world) == [[0]]
        await world.clock.advance(1)

    assert len(audited(world)) == 4


async def test_a_visitor_waits_for_its_retry_and_others_do_not() -> None:
    world = World()

    async with world.worker() as worker:
        await worker.open()
        values = [
            event(0, user="ann", sandbox={"status": "503,200"}),
            event(1, user="ann"),
            event(2, user="bob"),
        ]
        await worker.take([record(offset, value) for offset, value in enumerate(values)])
        assert sent_numbers(world) == [[0], [2]]
        await world.clock.advance(10)

    assert sent_numbers(world) == [[0], [2], [0], [1]]


async def test_without_order_nobody_waits() -> None:
    world = World(is_ordered=False)

    async with world.worker() as worker:
        await worker.open()
        values = [event(0, user="ann", sandbox={"status": "503,200"}), event(1, user="ann")]
        await worker.take([record(offset, value) for offset, value in enumerate(values)])
        assert sent_numbers(world) == [[0], [1]]
        await world.clock.advance(10)


async def test_parts_of_one_event_go_one_at_a_time_in_mapping_order() -> None:
    gate = HeldAnswers()
    world = World(plan=tracks("first", "second"), destination=FakeDestination(gate=gate))

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])
        assert len(gate.held) == 1
        gate.release()
        await settle()
        assert len(gate.held) == 1
        gate.open()
        await settle()

    told = [(found.mapping, found.part, found.parts) for found in world.audit.records()]
    assert told == [("first", 1, 2), ("second", 2, 2)]


async def test_no_more_requests_at_a_time_than_configured() -> None:
    world = World(concurrency=3)

    await deliver(world, *(event(number) for number in range(20)))

    assert world.destination.max_in_flight == 3


async def test_an_array_waits_for_its_linger_and_is_one_request() -> None:
    world = World(batch=ARRAY)

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(3)])
        assert sent_numbers(world) == []
        await world.clock.advance(0.06)

    assert sent_numbers(world) == [[0, 1, 2]]
    assert len(audited(world)) == 3


async def test_an_array_holds_one_event_of_a_visitor() -> None:
    world = World(batch=ARRAY)

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset, user="ann")) for offset in range(3)])
        await world.clock.advance(1)

    assert sent_numbers(world) == [[0], [1], [2]]


async def test_a_refused_array_is_halved_until_only_the_bad_event_fails() -> None:
    world = World(batch=ARRAY)
    values = [event(number, sandbox={"status": "400"} if number == 2 else None) for number in range(4)]

    found = await deliver(world, *values, seconds=1)

    outcomes = [found[offset].outcome for offset in range(4)]
    assert outcomes == ["delivered", "delivered", "failed", "delivered"]
    assert sent_numbers(world) == [[0, 1, 2, 3], [0, 1], [2, 3], [2], [3]]


async def test_retry_after_holds_the_other_half_of_an_array_too() -> None:
    world = World(batch=ARRAY)
    story = {"status": "400,429,200", "retry_after": 20}

    async with world.worker() as worker:
        await worker.open()
        values = [event(number, sandbox=story if number == 0 else None) for number in range(4)]
        await worker.take([record(offset, value) for offset, value in enumerate(values)])
        await world.clock.advance(19.9)
        assert sent_numbers(world) == [[0, 1, 2, 3], [0, 1]]
        await world.clock.advance(0.3)

    assert [found.outcome for found in audited(world).values()] == ["delivered"] * 4


async def test_nothing_more_of_a_halved_array_is_sent_once_its_partition_was_given_back() -> None:
    """What remains of it is the successor's, who would send it again and not say so."""
    gate = HeldAnswers()
    world = World(batch=ARRAY, destination=FakeDestination(gate=gate))
    values = [event(number, sandbox={"status": "400"} if number == 0 else None) for number in range(4)]

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, value) for offset, value in enumerate(values)])
        await world.clock.advance(0.06)
        for _ in range(2):
            gate.release()
            await settle()
        releasing = asyncio.create_task(worker.release())
        await settle()
        gate.open()
        await releasing
        await world.clock.advance(60)

    assert sent_numbers(world) == [[0, 1, 2, 3], [0, 1], [0]]
    assert list(audited(world)) == [0]


async def test_an_array_that_meets_a_fault_is_repeated_whole() -> None:
    world = World(batch=ARRAY)
    values = [event(number, sandbox={"status": "503,200"} if number == 0 else None) for number in range(4)]

    await deliver(world, *values, seconds=10)

    assert sent_numbers(world) == [[0, 1, 2, 3], [0, 1, 2, 3]]
