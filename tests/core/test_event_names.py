from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.event_names import FIRST_WARNING, MOST_NAMES, EventNames, Seen


@given(st.lists(st.text(alphabet="ab", max_size=4)), st.one_of(st.none(), st.integers(1, 5)))
def test_a_name_that_was_sent_is_always_sent_again_and_never_more_than_the_bound(
    names: list[str], most: int | None
) -> None:
    guard = EventNames(most)
    sent: set[str] = set()
    for name in names:
        seen = guard.see(name)
        assert (seen is Seen.KNOWN) is (name in sent)
        assert (seen is Seen.REFUSED) is (name not in sent and most is not None and len(sent) >= most)
        if seen is not Seen.REFUSED:
            sent.add(name)
        assert guard.count == len(sent)


def test_counting_ends_so_that_memory_does_not_grow() -> None:
    names = EventNames(None)
    for number in range(MOST_NAMES):
        assert names.see(f"Order {number}") is Seen.NEW
    assert names.see("one more") is Seen.ONE_OF_MANY
    assert names.see("Order 7") is Seen.KNOWN
    assert names.count == MOST_NAMES


def test_long_names_are_told_apart_and_not_kept() -> None:
    names = EventNames(None)
    long = "n" * 1_000_000
    assert [names.see(long + end) for end in ("a", "b", "a")] == [Seen.NEW, Seen.NEW, Seen.KNOWN]
    assert names.see("half \ud83d" * 100) is Seen.NEW
    assert max(map(len, names._known)) <= 256


def test_a_warning_is_due_once_at_each_doubling() -> None:
    names = EventNames(None)
    due = [
        number for number in range(1, 2100) if names.see(str(number)) is Seen.NEW and names.is_warning_due()
    ]
    assert due == [FIRST_WARNING, 2 * FIRST_WARNING, 4 * FIRST_WARNING]
