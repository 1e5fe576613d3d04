"""The lease counts from the beginning of the commit that proved it."""

import asyncio

from pipeline.engine.lease import Lease
from tests.support.clock import settle


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


async def test_who_waits_goes_on_when_it_is_renewed() -> None:
    lease = Lease(30)
    lease.renew(0)
    waiting = asyncio.create_task(lease.wait())
    await settle()
    assert not waiting.done()

    lease.renew(50)
    await settle()

    assert waiting.done()
