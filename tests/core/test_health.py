"""Readiness: one reason at a time, from the start of a worker to its stop."""

from dataclasses import replace

import pytest

from pipeline.core.breaker import Cause
from pipeline.core.health import Condition, Hindrance, health

WELL = Condition(is_connected=True, has_joined=True, assigned=4, open=4, is_lease_held=True)


def test_a_worker_that_reads_is_ready() -> None:
    found = health(WELL)
    assert (found.is_ready, found.because, found.partitions) == (True, (), 4)


def test_a_worker_that_stands_by_is_ready() -> None:
    assert health(replace(WELL, assigned=0, open=0, is_lease_held=False)).is_ready


def test_an_open_breaker_is_told_and_hinders_nobody() -> None:
    found = health(replace(WELL, breaker=Cause.UNAUTHORISED))
    assert (found.is_ready, found.breaker) == (True, "unauthorised")


def test_a_partition_that_has_to_wait_does_not_hinder_the_others() -> None:
    assert health(replace(WELL, open=1)).is_ready


@pytest.mark.parametrize(
    "condition, because",
    [
        (Condition(), Hindrance.STARTING),
        (replace(WELL, has_joined=False, assigned=0, open=0), Hindrance.JOINING),
        (replace(WELL, open=0), Hindrance.OPENING),
        (replace(WELL, is_lease_held=False), Hindrance.LEASE_LOST),
        (replace(WELL, is_brake_on=True), Hindrance.BRAKE_ON),
        (replace(WELL, is_audit_refused=True), Hindrance.AUDIT_REFUSED),
        (replace(WELL, is_audit_refused=True, open=0), Hindrance.AUDIT_REFUSED),
        (replace(WELL, is_stopping=True), Hindrance.STOPPING),
    ],
)
def test_what_hinders_is_told(condition: Condition, because: Hindrance) -> None:
    found = health(condition)
    assert (found.is_ready, found.because) == (False, (because,))
