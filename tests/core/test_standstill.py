"""When a worker is held to stand still: work, no progress, no known reason, and often enough in a row."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.standstill import LOOKS, Sight, Standstill

STANDING = Sight(7.0, 3.0, is_held=False)
INTERRUPTIONS = [
    Sight(8.0, 3.0, is_held=False),
    Sight(7.0, 0.0, is_held=False),
    Sight(7.0, 3.0, is_held=True),
]


def test_a_worker_that_only_stands_is_found_at_the_last_look_and_not_before() -> None:
    standstill = Standstill()

    assert [standstill.look(STANDING) for _ in range(LOOKS + 1)] == [False] * LOOKS + [True]


@given(before=st.integers(1, LOOKS), interruption=st.sampled_from(INTERRUPTIONS))
def test_progress_idleness_and_a_known_reason_begin_the_count_anew(before: int, interruption: Sight) -> None:
    standstill = Standstill()
    looks = [*[STANDING] * before, interruption, *[STANDING] * LOOKS]
    if interruption.progress > STANDING.progress:
        looks[before + 1 :] = [interruption] * LOOKS

    found = [standstill.look(each) for each in looks]

    assert found == [False] * (before + LOOKS) + [True]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans()), max_size=60))
def test_who_moves_within_each_ten_looks_is_never_found(steps: list[tuple[int, int, bool]]) -> None:
    standstill, progress = Standstill(), 0.0

    for number, (gain, behind, is_held) in enumerate(steps):
        progress += gain + (number % LOOKS == 0)
        assert not standstill.look(Sight(progress, float(behind), is_held=is_held))
