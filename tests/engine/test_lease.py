"""The lease counts from the beginning of the commit that proved it."""

from pipeline.engine.lease import Lease


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
