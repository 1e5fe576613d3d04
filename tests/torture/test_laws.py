"""What a torture run must find: each law is broken once here, and found."""

from dataclasses import replace

import pytest

from tests.torture.laws import Arrival, Event, Fate, Findings, Told, compare

A, B = ("m-1", "Tracks"), ("m-2", "Tracks")
EVENTS = [Event(0, 7, "m-1", ("a-1",)), Event(0, 9, "m-2", ("a-1", "u-1"))]


def told(part: tuple[str, str], **others: object) -> Told:
    plain = Told(part, 1, is_delivered=True, is_flagged=False, worker="w-1", at_ms=1000)
    return replace(plain, **others)  # type: ignore[arg-type]  # fields by name


def arrival(
    part: tuple[str, str], fate: Fate = Fate.ACCEPTED, at_ms: int = 900, sender: str = "w-1"
) -> Arrival:
    return Arrival(part, at_ms, fate, sender)


def found(outcomes: list[Told], arrivals: list[Arrival], *, has_zombies: bool = False) -> Findings:
    return compare(EVENTS, outcomes, arrivals, has_zombies=has_zombies)


def test_a_clean_run_has_no_breaches() -> None:
    outcomes = [told(A), told(B)]
    log = [arrival(A), arrival(B, Fate.NOT_TAKEN), arrival(B)]
    assert found(outcomes, log) == Findings()


@pytest.mark.parametrize("fate", [Fate.ACCEPTED, Fate.DOUBTFUL])
def test_what_may_have_been_taken_before_must_be_marked(fate: Fate) -> None:
    log = [arrival(A, fate), arrival(A)]
    silent = found([told(A)], log)
    assert "sent again without a mark" in silent.breaches[0]
    assert silent.doubled_unflagged == {A}
    marked = found([told(A, is_flagged=True)], log)
    assert (marked.breaches, marked.doubled, marked.suspected) == ([], {A: "w-1"}, {})
    assert not marked.repeated


def test_what_a_later_worker_repeats_is_counted_to_the_first() -> None:
    log = [arrival(A, Fate.DOUBTFUL), arrival(A, Fate.NOT_TAKEN), arrival(A, sender="w-2")]
    assert found([told(A, is_flagged=True)], log).repeated == {"w-1": 1}
    harmless = [arrival(B, Fate.NOT_TAKEN), arrival(B, sender="w-2")]
    assert not found([told(B)], harmless).repeated


def test_a_mark_without_a_reason_is_counted_to_its_worker() -> None:
    counted = found([told(A, is_flagged=True)], [arrival(A)])
    assert (counted.breaches, counted.suspected) == ([], {"w-1": {"m-1"}})


def test_delivered_means_accepted() -> None:
    assert "never accepted" in found([told(A)], [arrival(A, Fate.DOUBTFUL)]).breaches[0]
    assert "no arrival" in found([told(A)], []).breaches[0]
    assert found([told(A, is_delivered=False)], []).breaches == []


def test_nothing_is_sent_once_its_outcome_stands() -> None:
    outcomes = [told(A, is_flagged=True)]
    log = [arrival(A), arrival(A, at_ms=1001)]
    assert "1 ms after" in found(outcomes, log).breaches[0]
    assert found(outcomes, log, has_zombies=True).breaches == []


def test_what_was_sent_is_audited() -> None:
    assert "is not audited" in found([told(A)], [arrival(A), arrival(B)]).breaches[0]


@pytest.mark.parametrize(
    "log",
    [
        [arrival(B), arrival(A)],
        [arrival(A, Fate.NOT_TAKEN), arrival(B), arrival(A)],
        [arrival(A, Fate.DOUBTFUL), arrival(B), arrival(A)],
    ],
)
def test_nobody_overtakes_in_a_lane(log: list[Arrival]) -> None:
    outcomes = [told(A, is_flagged=True), told(B)]
    assert any("before" in breach for breach in found(outcomes, log).breaches)


def test_whoever_failed_is_followed_once_it_was_tried() -> None:
    outcomes = [told(A, is_delivered=False), told(B)]
    assert found(outcomes, [arrival(A, Fate.NOT_TAKEN), arrival(B)]).breaches == []
    assert found(outcomes, [arrival(B), arrival(A, Fate.NOT_TAKEN)]).breaches


def test_a_repetition_behind_a_later_event_is_marked() -> None:
    log = [arrival(A), arrival(B), arrival(A, Fate.NOT_TAKEN)]
    assert any("after" in breach for breach in found([told(A), told(B)], log).breaches)
    assert found([told(A, is_flagged=True), told(B)], log).breaches == []


def test_the_parts_of_one_event_keep_their_order() -> None:
    orders, tracks = told(("m-1", "Orders")), told(A, number=2)
    right = [arrival(orders.part), arrival(tracks.part)]
    assert found([tracks, orders], right).breaches == []
    assert found([tracks, orders], right[::-1]).breaches


def test_lanes_meet_in_an_event_that_names_both() -> None:
    """m-2 stands in the lanes of m-1 and of m-3, which have nothing to do with each other."""
    third = Event(0, 11, "m-3", ("u-1",))
    last = told(("m-3", "Tracks"))
    outcomes = [told(A), told(B), last]

    def breaches(*log: Arrival) -> list[str]:
        return compare([*EVENTS, third], outcomes, log, has_zombies=False).breaches

    assert breaches(arrival(A), arrival(B), arrival(last.part)) == []
    assert breaches(arrival(A), arrival(last.part), arrival(B))
    backwards = breaches(arrival(last.part), arrival(B), arrival(A))
    assert sum("before" in breach for breach in backwards) == 2


def test_partitions_have_lanes_of_their_own() -> None:
    events = [EVENTS[0], replace(EVENTS[1], partition=1)]
    assert compare(events, [told(A), told(B)], [arrival(B), arrival(A)], has_zombies=False).breaches == []
