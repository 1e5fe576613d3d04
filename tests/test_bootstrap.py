"""What the configuration says of the engine."""

import pytest

from pipeline.bootstrap import engine_settings
from tests.support.configuration import config


@pytest.mark.parametrize("session, rebalance, lease_s", [("30s", "60s", 30), ("2m", "60s", 60)])
def test_the_lease_ends_before_the_group_gives_the_partitions_away(
    session: str, rebalance: str, lease_s: float
) -> None:
    """In a rebalance it waits for `rebalance_timeout` only, however long the session is."""
    loaded = config(f"  session_timeout: {session}\n  rebalance_timeout: {rebalance}\n")

    assert engine_settings(loaded).lease_s == lease_s


@pytest.mark.parametrize("wire, standstill_s", [("single", 6), ("{array: {linger: 60s}}", 66)])
def test_a_worker_on_a_quiet_topic_does_not_stand_still(wire: str, standstill_s: float) -> None:
    """One event lingers, is sent, waits for its next attempt, and then for the audit."""
    loaded = config(
        f"delivery:\n  standstill: 1s\n  timeout: 1s\n  retry: {{cap: 2s}}\n  wire: {wire}\n"
        "audit:\n  timeout: 3s\n"
    )

    assert engine_settings(loaded).standstill_s == standstill_s
