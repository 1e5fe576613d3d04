"""The lease counts from the beginning of the commit that proved it."""

from collections.abc import Coroutine
from typing import Any

from pipeline.core.exchange import Exchange
from pipeline.core.trace import TraceContext
from pipeline.engine.lease import Lease
from tests.support.clock import FakeClock
from tests.support.destination import FakeDestination
from tests.support.engine import World, event, record


class FreezingDestination(FakeDestination):
    """The worker stands still for a minute as it makes its first request."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock
        self._has_frozen = False

    def send(self, body: bytes, trace: TraceContext | None = None) -> Coroutine[Any, Any, Exchange]:
        if not self._has_frozen:
            self._has_frozen = True
            self._clock.elapsed_s += 60
        return super().send(body, trace)


def test_nobody_has_a_lease_before_the_first_commit() -> None:
    assert not Lease(30).is_held(0)


def test_it_is_held_from_the_beginning_of_the_commit() -> None:
    lease = Lease(30)
    lease.renew(100)

    assert lease.is_held(129.9)
    assert not lease.is_held(130)


def test_an_earlier_commit_that_ends_later_takes_nothing_away() -> None:
    lease = Lease(30)
    lease.renew(100)
    lease.renew(90)

    assert lease.is_held(129)


async def test_a_worker_that_stood_still_between_two_requests_sends_no_more_without_a_lease() -> None:
    clock = FakeClock()
    world = World(clock=clock, destination=FreezingDestination(clock), concurrency=8)
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(8)])
        sent_without = len(world.destination.sent)
        await worker.engine.partitions.commit()
        await clock.advance(1)

    assert sent_without == 1
    assert len(world.destination.sent) == 8
    assert world.destination.max_in_flight <= 8
