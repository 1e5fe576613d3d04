"""Which part of the audit topic is read for a group's own records."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.group_history import newest_first
from pipeline.core.commit import LogRange

ranges = st.builds(
    lambda begin, length: LogRange(begin, begin + length), st.integers(0, 10**6), st.integers(0, 300_000)
)
topics = st.dictionaries(st.integers(0, 7), ranges, max_size=8)


@given(topics, st.integers(0, 2_000_000))
def test_the_newest_are_read_within_the_bound_and_each_once(
    bounds: dict[int, LogRange], most_records: int
) -> None:
    windows, is_whole = newest_first(bounds, most_records)

    reached = {partition: held.end for partition, held in bounds.items()}
    for partition, window in windows:
        assert window.end == reached[partition], "the newest that was not read yet"
        assert window.begin < window.end
        reached[partition] = window.begin
    assert sum(window.end - window.begin for _, window in windows) <= most_records
    assert is_whole == all(reached[partition] == held.begin for partition, held in bounds.items())
    assert is_whole or sum(window.end - window.begin for _, window in windows) == most_records
