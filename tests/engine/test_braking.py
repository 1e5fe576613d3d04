"""The brake: a destination or a mapping that refuses everything stops the worker, across restarts."""

import asyncio

from structlog.testing import capture_logs

from pipeline.core.brake import BrakePolicy
from pipeline.core.commit import parse_metadata
from pipeline.core.record import Record
from tests.support.destination import FakeDestination
from tests.support.engine import PARTITION, World, event, record, said

POLICY = BrakePolicy(share=0.9, of=100, in_a_row=20)
ON = "the brake is on: nothing is sent"
NO_TIMESTAMP = b'{"type": "track", "event": "x", "messageId": "m", "userId": "u"}'


def refused(count: int, first: int = 0) -> list[Record]:
    return [
        record(offset, event(offset, sandbox={"status": "404"})) for offset in range(first, first + count)
    ]


def braked_world() -> World:
    return World(brake=POLICY, max_in_flight_events=400, digest="before")


async def put_on(world: World) -> None:
    """A worker that meets refusals until its brake is on, then ends in order."""
    async with world.worker() as worker:
        await worker.open()
        await worker.take(refused(100))
        await world.clock.advance(5)
        assert worker.engine.braking.is_on
        await worker.release()


def left_on(world: World) -> str | None:
    metadata = parse_metadata(world.group.commits[PARTITION].metadata)
    assert metadata is not None
    return metadata.brake


async def test_a_destination_that_refuses_everything_is_not_fed_further() -> None:
    world = braked_world()
    await put_on(world)

    assert 20 <= len(world.destination.sent) <= 20 + world.concurrency
    assert len(world.letters.letters) == len(world.destination.sent)
    assert world.group.commits[PARTITION].offset == len(world.destination.sent)
    assert left_on(world) == "before"


async def test_a_mapping_that_rejects_everything_puts_it_on_at_once() -> None:
    world = braked_world()

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, NO_TIMESTAMP) for offset in range(100)])

    assert len(world.audit.records()) == 20
    assert {found.outcome for found in world.audit.records()} == {"rejected"}


async def test_rejections_before_the_first_answer_do_not_put_it_on() -> None:
    """Every second event is rejected, at once; the others wait for an endpoint that takes its time."""
    world = braked_world()
    answering = asyncio.Event()

    async def answer(_body: bytes) -> None:
        await answering.wait()

    world.destination = FakeDestination(gate=answer)

    async with world.worker() as worker:
        await worker.open()
        values = [event(offset) if offset % 2 else NO_TIMESTAMP for offset in range(100)]
        await worker.take([record(offset, value) for offset, value in enumerate(values)])
        assert len(world.audit.records()) == 50
        answering.set()
        await world.clock.advance(1)

        assert not worker.engine.braking.is_on
    assert len(world.audit.records()) == 100


async def test_it_is_said_each_minute() -> None:
    world = braked_world()

    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take(refused(100))
            await world.clock.advance(300)

    said = [line for line in logs if line["event"] == ON]
    assert len(said) == 6
    assert said[0]["detail"] == "failed: 20 in a row"


async def test_a_restart_with_the_same_configuration_keeps_it_on() -> None:
    world = braked_world()
    await put_on(world)
    sent = len(world.destination.sent)

    for _ in range(2):
        async with world.worker() as worker:
            await worker.open()
            await worker.take(refused(50, first=sent))
            await world.clock.advance(600)

    assert len(world.destination.sent) == sent
    assert left_on(world) == "before"


async def test_a_crash_keeps_it_on_too() -> None:
    world = braked_world()
    async with world.worker() as worker:
        await worker.open()
        await worker.take(refused(100))
        await world.clock.advance(5)

    assert left_on(world) == "before"


async def test_another_configuration_takes_it_off() -> None:
    world = braked_world()
    await put_on(world)
    world.digest = "after"

    await check_off(world)


async def test_the_operator_takes_it_off() -> None:
    world = braked_world()
    await put_on(world)
    world.is_brake_released = True

    await check_off(world)


async def test_what_every_partition_tells_is_said_once() -> None:
    world = World(brake=POLICY, digest="after")

    with capture_logs() as logs:
        async with world.worker() as worker:
            worker.engine.braking.meet("before")
            worker.engine.braking.meet("before")

    assert [line["event"] for line in logs] == ["the brake is off: the configuration is another one"]


async def check_off(world: World) -> None:
    sent = len(world.destination.sent)
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(sent, sent + 10)])
        await world.clock.advance(5)

        assert not worker.engine.braking.is_on
    assert len(world.destination.sent) == sent + 10
    assert left_on(world) is None


async def test_what_cannot_be_read_only_raises_an_alarm() -> None:
    world = braked_world()

    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(offset, b"poison") for offset in range(100)])
            await worker.take([record(offset, event(offset)) for offset in range(100, 110)])
            await world.clock.advance(5)
            assert not worker.engine.braking.is_on

    assert [line["event"] for line in said(logs)] == ["most records cannot be read"]
    assert len(world.destination.sent) == 10


async def test_switched_off_it_lets_everything_fail() -> None:
    world = braked_world()
    world.brake = None

    async with world.worker() as worker:
        await worker.open()
        await worker.take(refused(300))
        await world.clock.advance(5)

    assert len(world.letters.letters) == 300
