"""The view of `top`: rates between two looks, sums over workers, partitions told once."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import metrics
from pipeline.core.audit_record import OutcomeKind
from pipeline.core.metrics import Metric
from pipeline.core.top.reading import Away, Look, Looks, Scrape
from pipeline.core.top.view import PartitionRow, TopView, top_view

URL = "http://127.0.0.1:9464"
Values = dict[tuple[Metric, tuple[str, ...]], float]


def _delivered(count: float, reason: str = "accepted") -> Values:
    return {(metrics.OUTCOMES, ("deliver", "delivered", reason)): count}


def _received(count: float) -> Values:
    return {(metrics.RECORDS_RECEIVED, ()): count}


def _view(*workers: tuple[Look | None, Look]) -> TopView:
    return top_view([Looks(URL, now, before) for before, now in workers])


def test_a_rate_is_the_increase_by_the_seconds_between() -> None:
    view = _view(
        (Scrape(10.0, _received(100) | _delivered(90)), Scrape(12.0, _received(130) | _delivered(95)))
    )
    rates = view.together.rates
    assert rates is not None
    assert (rates.received, rates.outcomes[OutcomeKind.DELIVERED]) == (15.0, 2.5)
    assert rates.outcomes[OutcomeKind.FAILED] == 0.0
    assert (view.together.received, view.together.outcomes[OutcomeKind.DELIVERED]) == (130, 95)


def test_a_counter_that_began_anew_grew_by_what_it_shows() -> None:
    rates = _view((Scrape(0.0, _received(1000)), Scrape(2.0, _received(30)))).together.rates
    assert rates is not None
    assert rates.received == 15.0


def test_an_outcome_that_was_not_there_before_counts_from_zero() -> None:
    before, now = Scrape(0.0, _delivered(5)), Scrape(1.0, _delivered(5) | _delivered(3, "skipped"))
    rates = _view((before, now)).together.rates
    assert rates is not None
    assert rates.outcomes[OutcomeKind.DELIVERED] == 3.0


def test_without_a_look_before_there_are_sums_and_no_rates() -> None:
    for before in (None, Away("no answer")):
        view = _view((before, Scrape(1.0, _received(7))))
        assert (view.together.rates, view.together.received) == (None, 7)


def test_a_worker_that_is_away_is_listed_and_the_others_count() -> None:
    view = _view(
        (Scrape(0.0, _received(50)), Away("refused")), (Scrape(0.0, _received(1)), Scrape(1.0, _received(3)))
    )
    away, there = view.workers
    assert (away.away, away.is_ready, away.figures) == ("refused", False, None)
    assert (there.away, there.is_ready) == (None, True)
    assert view.together.rates is not None
    assert (view.together.rates.received, view.together.received) == (2.0, 3)
    assert view.is_anybody_there
    assert not _view((None, Away("refused"))).is_anybody_there


def test_the_states_of_workers_are_put_together() -> None:
    one: Values = {
        (metrics.BREAKER_OPEN, ("failing",)): 1.0,
        (metrics.BREAKER_OPEN, ("unauthorised",)): 0.0,
        (metrics.RATE_LIMIT, ()): 40.0,
        (metrics.HELD_SECONDS, ()): 3.0,
        (metrics.CONCURRENCY_LIMIT, ()): 64.0,
        (metrics.AUDIT_PENDING, ()): 2.0,
    }
    other: Values = {
        (metrics.BRAKE_ON, ()): 1.0,
        (metrics.HELD_SECONDS, ()): 5.0,
        (metrics.CONCURRENCY_LIMIT, ()): 8.0,
        (metrics.AUDIT_PENDING, ()): 1.0,
    }
    found = _view((None, Scrape(0.0, one)), (None, Scrape(0.0, other))).together
    assert (found.breaker, found.is_brake_on, found.held_s) == (("failing",), True, 5.0)
    assert (found.concurrency_limit, found.audit_pending) == (72, 3)
    assert found.rate_limit_per_s is None, "one of them has no limit"
    twice = _view((None, Scrape(0.0, one)), (None, Scrape(0.0, one))).together
    assert twice.rate_limit_per_s == 80.0


def test_a_partition_is_told_once_with_the_worker_that_holds_it() -> None:
    first: Values = {
        (metrics.LAG_RECORDS, ("events", "10")): 5.0,
        (metrics.LAG_SECONDS, ("events", "10")): 1.5,
        (metrics.OLDEST_UNSETTLED_SECONDS, ("events", "10")): 0.5,
    }
    second: Values = {
        (metrics.LAG_RECORDS, ("events", "10")): 7.0,
        (metrics.OLDEST_UNSETTLED_SECONDS, ("events", "9")): 0.0,
    }
    view = _view((None, Scrape(0.0, first)), (None, Scrape(0.0, second)))
    assert view.partitions == (
        PartitionRow("events", 9, (1,), None, None, 0.0),
        PartitionRow("events", 10, (0, 1), 7, 1.5, 0.5),
    )


_COUNTS = st.integers(0, 10**9)
_SCRAPED = st.builds(
    lambda at_s, received, outcomes: Scrape(
        at_s,
        _received(received)
        | {(metrics.OUTCOMES, ("deliver", kind, "any")): n for kind, n in outcomes.items()},
    ),
    st.floats(0, 1e6),
    _COUNTS,
    st.dictionaries(st.sampled_from(OutcomeKind), _COUNTS),
)
_LOOK = st.one_of(_SCRAPED, st.just(Away("refused")))


@given(st.lists(st.tuples(st.none() | _LOOK, _LOOK), max_size=5))
def test_rates_are_never_negative_and_the_whole_is_the_sum_of_the_workers(
    workers: list[tuple[Look | None, Look]],
) -> None:
    view = _view(*workers)
    parts = [row.figures for row in view.workers if row.figures is not None]
    rates = [part.rates for part in parts if part.rates is not None]
    assert all(rate >= 0 for each in rates for rate in (each.received, *each.outcomes.values()))
    assert view.together.received == sum(part.received for part in parts)
    for kind in OutcomeKind:
        assert view.together.outcomes[kind] == sum(part.outcomes[kind] for part in parts)
    if view.together.rates is None:
        assert not rates
    else:
        assert view.together.rates.received == sum(each.received for each in rates)
