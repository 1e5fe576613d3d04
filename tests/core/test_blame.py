"""Whose fault a refusal is: nobody pays for an outage, whatever happened before or was under way."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.blame import Blame


def test_a_first_refusal_is_nobodys_fault() -> None:
    blame = Blame()
    blame.accept(blame.start())

    assert not blame.falls_on(None)


def test_one_that_is_refused_while_a_later_one_is_accepted_is_to_blame() -> None:
    blame = Blame()
    blame.start()
    refused_at = blame.started
    blame.accept(blame.start())

    assert blame.falls_on(refused_at)


def test_what_was_under_way_at_the_refusal_proves_nothing() -> None:
    """A key is revoked between two requests under way: the one that still passed was sent before."""
    blame = Blame()
    under_way = blame.start()
    blame.start()
    refused_at = blame.started
    blame.accept(under_way)

    assert not blame.falls_on(refused_at)


@given(st.lists(st.booleans(), max_size=30), st.integers(1, 50))
def test_an_outage_of_any_length_costs_at_most_one_charge(history: list[bool], refusals: int) -> None:
    """Each refusal looks only at what was accepted since the one before it, not since the first."""
    blame = Blame()
    refused_at = None
    for is_accepted in history:
        number = blame.start()
        if is_accepted:
            blame.accept(number)
        else:
            refused_at = blame.started

    charges = 0
    for _ in range(refusals):
        blame.start()
        charges += blame.falls_on(refused_at)
        refused_at = blame.started

    assert charges <= 1
