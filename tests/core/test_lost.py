"""The ranges told as lost hold every offset that is not accounted for, and no other."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.lost import unaccounted

spans = st.tuples(st.integers(0, 40), st.integers(0, 10)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1]))


@given(spans, st.lists(spans))
def test_every_offset_is_told_once_or_known(span: tuple[int, int], known: list[tuple[int, int]]) -> None:
    first, last = span
    told = [offset for begin, end in unaccounted(first, last, known) for offset in range(begin, end + 1)]

    assert told == [
        offset for offset in range(first, last + 1) if not any(begin <= offset <= end for begin, end in known)
    ]
