from typing import Any

import pytest

from pipeline.core.demo_verdict import Verdict
from pipeline.core.reconcile.findings import Finding, Kind

MISSING = Finding(Kind.MISSING, "segment-events", 1, 2, "no outcome")


def verdict(**changes: Any) -> Verdict:
    fine: dict[str, Any] = {
        "records": 20,
        "unaccounted": (),
        "delivered": 9,
        "accepted": 9,
        "exit_code": 0,
        "log_tail": ("its last words",),
        "seconds": 1.0,
    }
    return Verdict(**fine | changes)


@pytest.mark.parametrize("changes", [{}, {"exit_code": None}, {"accepted": 10}])
def test_a_run_without_fault_is_fine(changes: dict[str, Any]) -> None:
    """A delivery whose answer was lost is taken twice, and flagged."""
    assert verdict(**changes).is_fine
    assert list(verdict(**changes).problems()) == []


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"unaccounted": (MISSING,)}, "segment-events partition 1 offset 2: missing, no outcome"),
        ({"accepted": 8}, "tells of 9 deliveries, and the stand-in for Kameleoon took 8"),
        ({"exit_code": 70}, "exit code 70"),
        ({"exit_code": -9}, "its last words"),
    ],
)
def test_a_fault_is_told_and_not_fine(changes: dict[str, Any], said: str) -> None:
    assert not verdict(**changes).is_fine
    assert said in "\n".join(verdict(**changes).problems())


def test_of_many_the_first_are_named() -> None:
    told = list(verdict(unaccounted=(MISSING,) * 20).problems())
    assert told[0] == "20 of 20 records are not accounted for:"
    assert len(told) == 11
