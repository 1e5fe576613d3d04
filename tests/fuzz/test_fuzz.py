"""A short run of `make fuzz` with a fixed seed: no crash, no stall, one complete account a record."""

from tests.fuzz.campaign import explore, new_mutator, storm
from tests.fuzz.plans import hostile_plans


def test_hostile_records_are_accounted_for() -> None:
    mutator, plans = new_mutator(20_26), hostile_plans()
    samples = len(mutator.corpus)

    guided = explore(mutator, plans, 300)
    figures = storm(mutator, plans, 3_000, lambda _: None)

    assert len(guided.corpus) > samples
    assert figures.records >= 3_000
    assert {outcome.partition(" ")[0] for outcome in figures.outcomes} == {
        "delivered",
        "filtered",
        "rejected",
    }
    assert len(figures.outcomes) >= 9


def test_the_same_seed_makes_the_same_records() -> None:
    one, other = new_mutator(7), new_mutator(7)
    assert [one.record() for _ in range(200)] == [other.record() for _ in range(200)]
