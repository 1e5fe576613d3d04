"""The brake: on when nearly everything goes wrong, and only then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.brake import Brake, BrakePolicy, Tally
from pipeline.core.outcome import (
    Attempts,
    Deliverable,
    Delivered,
    Expired,
    Failed,
    Filtered,
    Outcome,
    Reason,
    Rejected,
    Stage,
)

POLICY = BrakePolicy(share=0.9, of=100, in_a_row=50)
PART = Deliverable("Tracks", "logEvent", b"{}", (), has_visitor_code=False)
ATTEMPTS = Attempts(1, 0, 400, 1.0, 0, 0, is_doubtful=False, may_have_arrived=False)


def verdicts(outcomes: list[bool]) -> list[str]:
    tally = Tally(POLICY)
    return [tally.count(is_bad=is_bad) for is_bad in outcomes]


def test_so_many_in_a_row_are_too_much() -> None:
    told = verdicts([True] * 50)

    assert not any(told[:49])
    assert told[49] == "50 in a row"


def test_so_large_a_share_of_the_last_is_too_much() -> None:
    """Nine of ten, never ten in a row: known once as many as are looked at were seen."""
    told = verdicts([number % 10 != 0 for number in range(110)])

    assert not any(told[:99])
    assert told[99] == "90 of the last 100"


def test_what_was_good_for_long_is_as_good_as_what_was_good_lately() -> None:
    for good in (99, 100, 101, 1000):
        assert verdicts([False] * good + [True] * 50)[-2:] == ["", "50 in a row"]
        mostly_bad = [number % 10 != 0 for number in range(100)]
        assert verdicts([False] * good + mostly_bad)[-2:] == ["", "90 of the last 100"]


@given(st.lists(st.booleans(), max_size=400))
def test_it_is_told_exactly_when_it_is_so(outcomes: list[bool]) -> None:
    for number, told in enumerate(verdicts(outcomes), 1):
        seen = outcomes[:number]
        in_a_row = next((back for back, is_bad in enumerate(reversed(seen)) if not is_bad), number)
        is_high = number >= 100 and sum(seen[-100:]) >= 90
        assert bool(told) == (seen[-1] and (in_a_row >= 50 or is_high))


DELIVERED = Delivered(PART, ATTEMPTS, possible_duplicate=False)
FAILED = Failed(PART, Reason.REFUSED, "", ATTEMPTS, possible_duplicate=False)
REJECTED = Rejected(Stage.VALIDATE, Reason.INVALID_PAYLOAD, "")


@pytest.mark.parametrize(
    "outcome,told",
    [
        (DELIVERED, ""),
        (FAILED, "failed: 50 in a row"),
        (Rejected(Stage.MAP, Reason.MAPPING_FAILED, ""), "rejected: 50 in a row"),
        (REJECTED, "rejected: 50 in a row"),
        (Rejected(Stage.DECODE, Reason.INVALID_JSON, ""), ""),
        (Rejected(Stage.TRIGGER, Reason.MAPPING_UNKNOWN, ""), ""),
        (Rejected(Stage.VALIDATE, Reason.TOO_MANY_EVENT_NAMES, ""), ""),
        (Filtered(Reason.NO_MAPPING_MATCHED, ""), ""),
        (Expired(PART, "", None, possible_duplicate=False), ""),
    ],
)
def test_what_speaks_for_it(outcome: Outcome, told: str) -> None:
    brake = Brake(POLICY)

    assert [brake.count(outcome) for _ in range(50)][-1] == told


def test_rejections_stand_in_no_row_while_other_events_are_sent() -> None:
    """A slow endpoint has answered nothing yet; half of the events were rejected at once."""
    brake = Brake(POLICY)

    for _ in range(200):
        brake.note_made()
        assert not brake.count(REJECTED)


def test_a_destination_that_refuses_all_is_told_whatever_is_rejected_between() -> None:
    brake = Brake(POLICY)
    told = []
    for _ in range(50):
        brake.note_made()
        brake.count(REJECTED)
        told.append(brake.count(FAILED))

    assert told[-1] == "failed: 50 in a row"
    assert not any(told[:-1])
