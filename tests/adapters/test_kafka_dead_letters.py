"""Dead letters go in groups, each with its own time limit; none is lost between them."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.kafka_dead_letters import grouped
from pipeline.ports import DeadLetter

letters = st.lists(
    st.builds(DeadLetter, st.none() | st.binary(max_size=5), st.none() | st.binary(max_size=40), st.just(()))
)


@given(letters, st.integers(1, 100))
def test_groups_keep_every_letter_in_order_and_their_size(given_: list[DeadLetter], max_bytes: int) -> None:
    groups = list(grouped(given_, max_bytes))

    assert [letter for group in groups for letter in group] == given_
    for group in groups:
        before_the_last = sum(len(letter.value or b"") + len(letter.key or b"") for letter in group[:-1])
        assert group
        assert before_the_last < max_bytes
