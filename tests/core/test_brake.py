"""The brake: on when nearly everything goes wrong, and only then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.brake import BrakePolicy, Tally, counts_as_bad
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


@given(st.lists(st.booleans(), max_size=400))
def test_it_is_told_exactly_when_it_is_so(outcomes: list[bool]) -> None:
    for number, told in enumerate(verdicts(outcomes), 1):
        seen = outcomes[:number]
        in_a_row = next((back for back, is_bad in enumerate(reversed(seen)) if not is_bad), number)
        is_high = number >= 100 and sum(seen[-100:]) >= 90
        assert bool(told) == (seen[-1] and (in_a_row >= 50 or is_high))


@pytest.mark.parametrize(
    "outcome,bad",
    [
        (Delivered(PART, ATTEMPTS, possible_duplicate=False), False),
        (Failed(PART, Reason.REFUSED, "", ATTEMPTS, possible_duplicate=False), True),
        (Rejected(Stage.MAP, Reason.MAPPING_FAILED, ""), True),
        (Rejected(Stage.VALIDATE, Reason.INVALID_PAYLOAD, ""), True),
        (Rejected(Stage.DECODE, Reason.INVALID_JSON, ""), None),
        (Filtered(Reason.NO_MAPPING_MATCHED, ""), None),
        (Expired(PART, "", None, possible_duplicate=False), None),
    ],
)
def test_what_speaks_for_it(outcome: Outcome, bad: bool | None) -> None:  # noqa: FBT001 (a case)
    assert counts_as_bad(outcome) is bad
