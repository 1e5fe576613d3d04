"""Each failure is put back once, whatever fails again, is read again or is asked for in which order."""

import itertools
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.core.dead_letter import Origin, Rank
from pipeline.core.record import Position
from pipeline.core.replay_letter import Letter, Replayed
from pipeline.core.replay_selection import Chosen, Selection, Share, Standing, Wanted

OURS = "kameleoon-tests"
EARLY, LATE = "2026-11-01T00:00:00.000Z", "2026-11-20T00:00:00.000Z"
ALL = Wanted()
_offsets = itertools.count()


def letter(
    mapping: str | None = "A",
    *,
    of: int = 7,
    rank: tuple[int, int] = (1, 0),
    reason: str = "refused",
    failed_at: str = LATE,
    message_id: str | None = "m-1",
    pipeline: str = OURS,
) -> Letter:
    origin = Origin(pipeline, mapping, Position("segment-events", 0, of))
    return Letter(0, next(_offsets), origin, Rank(*rank), reason, failed_at, message_id, is_at_source=False)


def replayed(mapping: str | None = "A", *, of: int = 7, rank: tuple[int, int] = (1, 1)) -> Replayed:
    return Replayed(Origin(OURS, mapping, Position("segment-events", 0, of)), Rank(*rank))


def choose(letters: Sequence[Letter], replays: Sequence[Replayed] = (), wanted: Wanted = ALL) -> list[Chosen]:
    selection = Selection(OURS, wanted, Share())
    for each in letters:
        selection.add_letter(each)
    for one in replays:
        selection.add_replayed(one)
    return list(selection.choose())


def test_a_failure_is_chosen_with_the_next_generation() -> None:
    failed = letter(rank=(3, 2))

    assert choose([failed]) == [Chosen(failed, Rank(3, 3))]


def test_what_was_put_back_is_not_chosen_again() -> None:
    assert choose([letter()], [replayed()]) == []


def test_only_the_mapping_that_was_put_back_is_done() -> None:
    assert [found.letter.origin.mapping for found in choose([letter("A"), letter("B")], [replayed("A")])] == [
        "B"
    ]


def test_a_replay_under_all_mappings_settles_each() -> None:
    """The dead letter that it was made of may have been removed by now."""
    assert choose([letter("A")], [replayed(None, rank=(2, 1))]) == []


def test_what_failed_again_is_open_again() -> None:
    again = letter(rank=(1, 1), failed_at=EARLY)  # by a clock that is behind

    assert choose([letter(), again], [replayed()]) == [Chosen(again, Rank(1, 2))]


def test_what_was_read_again_and_failed_is_open_again() -> None:
    again = letter(rank=(2, 0))

    assert choose([letter(), again], [replayed()]) == [Chosen(again, Rank(2, 2))]


def test_of_two_dead_letters_of_one_failure_one_is_chosen() -> None:
    """A crash between dead letter and audit makes a second one."""
    assert len(choose([letter(), letter()])) == 1


def test_an_event_without_mapping_and_its_parts_are_not_both_chosen() -> None:
    undecoded, part = letter(None, rank=(1, 0)), letter("A", rank=(2, 0))

    assert [found.letter for found in choose([undecoded, part])] == [part]


def test_an_event_that_no_mapping_took_any_more_stands_for_its_parts() -> None:
    part, undecoded = letter("A", rank=(1, 0)), letter(None, rank=(2, 0))

    assert [found.letter for found in choose([part, undecoded])] == [undecoded]


@pytest.mark.parametrize(
    "wanted, is_taken",
    [
        (Wanted(reasons=frozenset({"refused"})), True),
        (Wanted(reasons=frozenset({"expired"})), False),
        (Wanted(mappings=frozenset({"A", "B"})), True),
        (Wanted(mappings=frozenset({"B"})), False),
        (Wanted(message_ids=frozenset({"m-1"})), True),
        (Wanted(message_ids=frozenset({"m-2"})), False),
        (Wanted(since=LATE), True),
        (Wanted(since="2026-11-20T00:00:00.001Z"), False),
        (Wanted(until="2026-11-20T00:00:00.001Z"), True),
        (Wanted(until=LATE), False),
        (Wanted(reasons=frozenset({"refused"}), mappings=frozenset({"B"})), False),
    ],
)
def test_every_condition_must_hold(wanted: Wanted, *, is_taken: bool) -> None:
    assert bool(choose([letter()], wanted=wanted)) == is_taken


def test_an_older_failure_does_not_stand_in_for_a_newer_one_that_is_not_wanted() -> None:
    older, newer = letter(reason="refused"), letter(rank=(1, 1), reason="expired")

    assert choose([older, newer], [], Wanted(reasons=frozenset({"refused"}))) == []


def test_another_pipelines_letters_are_left_alone() -> None:
    assert choose([letter(pipeline="other")]) == []


def test_what_the_replays_topic_no_longer_tells_of_is_left_alone() -> None:
    selection = Selection(OURS, ALL, Share())
    selection.known_from = LATE
    selection.add_letter(letter(failed_at=EARLY))

    assert list(selection.choose()) == []
    assert selection.counts == Counter({Standing.UNKNOWN: 1})


def test_shares_split_the_origins() -> None:
    letters = [letter(of=number) for number in range(10)]
    found = []
    for number in range(3):
        selection = Selection(OURS, ALL, Share(number, 3))
        for each in letters:
            selection.add_letter(each)
        found += [chosen.letter for chosen in selection.choose()]

    assert sorted(found, key=lambda each: each.offset) == letters


class Life(RuleBasedStateMachine):
    """One event and two mappings: it fails, is put back, fails again, is read again, in any order.

    Failures are numbered. A replay settles all of its event and mapping that stood then, or of all
    mappings; `sent` counts how often each was settled.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pass_ = 1
        self.letters: list[Letter] = []
        self.replays: list[Replayed] = []
        self.unread: list[Replayed] = []
        self.open: dict[str | None, int] = {}

    def fail(self, mapping: str | None, rank: Rank, *, twice: bool, reason: str) -> None:
        for _ in range(1 + twice):
            self.letters.append(letter(mapping, rank=(rank.pass_, rank.generation), reason=reason))
        if mapping is None:
            self.open.clear()
        else:
            self.open.pop(None, None)
        self.open[mapping] = 1

    outcomes = st.sampled_from([{None}, {"A"}, {"B"}, {"A", "B"}, set[str | None]()])
    reasons = st.sampled_from(["refused", "expired"])

    @rule(failing=outcomes, twice=st.booleans(), reason=reasons)
    def read_anew(self, failing: set[str | None], reason: str, *, twice: bool) -> None:
        """The offsets are reset: the event goes through all of it again, in a new pass."""
        self.pass_ += 1
        for mapping in failing:
            self.fail(mapping, Rank(self.pass_, 0), twice=twice, reason=reason)

    @rule(failing=outcomes, twice=st.booleans(), reason=reasons)
    def work_off(self, failing: set[str | None], reason: str, *, twice: bool) -> None:
        """The worker reads the oldest replay: it is delivered, or fails again."""
        if not self.unread:
            return
        replay = self.unread.pop(0)
        allowed = {replay.origin.mapping} if replay.origin.mapping else failing
        for mapping in failing & allowed:
            if not self.is_outdated(replay):
                self.fail(mapping, replay.rank, twice=twice, reason=reason)

    def is_outdated(self, replay: Replayed) -> bool:
        """What a later pass or replay has overtaken is not followed here."""
        ranks = [letter.rank for letter in self.letters] + [other.rank for other in self.replays]
        return any(rank > replay.rank for rank in ranks)

    @rule(wanted=st.sampled_from([ALL, Wanted(reasons=frozenset({"refused"}))]))
    def put_back(self, wanted: Wanted) -> None:
        """The verb runs; whatever it chooses was open, and is chosen once."""
        found = choose(self.letters, self.replays, wanted)
        mappings = [chosen.letter.origin.mapping for chosen in found]
        assert len(set(mappings)) == len(mappings)
        assert None not in mappings or mappings == [None]
        if wanted is ALL:
            assert set(mappings) == set(self.open)
        assert set(mappings) <= set(self.open)
        for chosen in found:
            put = Replayed(chosen.letter.origin, chosen.rank)
            self.replays.append(put)
            self.unread.append(put)
            del self.open[chosen.letter.origin.mapping]

    @invariant()
    def nothing_is_chosen_twice(self) -> None:
        found = choose(self.letters, self.replays)
        assert {chosen.letter.origin.mapping for chosen in found} == set(self.open)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=25)
