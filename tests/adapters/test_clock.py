"""The time that leases are held by."""

import sys
import time

import pytest

from pipeline.adapters.clock import SystemClock


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of suspension")
def test_a_suspension_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the machine is suspended the group gives its partitions to others: the lease must run out."""
    awake_s, suspended_s = 100.0, 3600.0
    told = {time.CLOCK_MONOTONIC: awake_s, time.CLOCK_BOOTTIME: awake_s + suspended_s}
    monkeypatch.setattr(time, "monotonic", lambda: awake_s)
    monkeypatch.setattr(time, "clock_gettime", told.__getitem__)

    assert SystemClock().monotonic_s() == awake_s + suspended_s
