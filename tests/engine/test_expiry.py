"""What is older than the configuration allows is not sent any more, and what has no age is."""

from pipeline.core.outcome import Reason
from tests.support.engine import World, event, record


async def test_what_is_too_old_expires() -> None:
    world = World(expire_after_ms=5_000)
    world.destination.is_reachable = False

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0))])
        await world.clock.advance(60)

    (found,) = world.audit.records()
    assert (found.outcome, found.reason) == ("expired", Reason.EXPIRED)
    assert len(world.letters.letters) == 1


async def test_what_has_no_timestamp_is_not_too_old() -> None:
    world = World(expire_after_ms=5_000)

    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0), timestamp_ms=-1)])

    assert [found.outcome for found in world.audit.records()] == ["delivered"]
