"""A dictionary of states, in less memory: whatever is written is read again."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.reconcile.offset_states import BLOCK, OffsetStates

offsets = st.one_of(
    st.integers(0, 3), st.integers(BLOCK - 2, BLOCK + 2), st.integers(5 * BLOCK - 2, 5 * BLOCK + 2)
)
writes = st.lists(st.tuples(offsets, st.integers(0, 4)), max_size=40)


@given(writes, st.integers(1, 3))
def test_a_state_is_what_was_written_last(written: list[tuple[int, int]], most_open: int) -> None:
    states, model = OffsetStates(most_open), dict[int, int]()
    for offset, state in written:
        assert states.swap(offset, state) == model.get(offset, 0)
        model[offset] = state


@given(writes, offsets, offsets, st.integers(0, 2))
def test_others_are_all_that_differ_in_a_range(
    written: list[tuple[int, int]], begin: int, end: int, state: int
) -> None:
    states, model = OffsetStates(1), dict[int, int]()
    for offset, new in written:
        states.swap(offset, new)
        model[offset] = new
    expected = [(at, model.get(at, 0)) for at in range(begin, end) if model.get(at, 0) != state]
    assert list(states.others(begin, end, state)) == expected


def test_a_long_partition_costs_little_memory() -> None:
    """Of ten million offsets, what is not written to now is kept packed."""
    states = OffsetStates(2)
    for first in range(0, 10_000_000, BLOCK):
        for offset in range(first, first + BLOCK, 2048):
            states.swap(offset, 1)
    packed = sum(map(len, states._packed.values()))
    assert len(states._open) == 2
    assert packed < 10_000_000 / 64
