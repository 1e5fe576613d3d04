"""Full concurrency at a healthy destination, little at one that slows down, all again when it recovers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.concurrency import Bounds, Concurrency
from tests.support.queueing_server import ClosedLoopClient, QueueingServer

BOUNDS = Bounds(least=4, most=64)


def client(workers: int, service_s: float, jitter: float = 0.3) -> ClosedLoopClient:
    return ClosedLoopClient(QueueingServer(workers, service_s, jitter), Concurrency(BOUNDS))


@pytest.mark.parametrize("jitter", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("service_s", [0.001, 0.05, 1.0])
def test_a_healthy_destination_is_used_with_full_concurrency(service_s: float, jitter: float) -> None:
    found = client(1000, service_s, jitter)
    found.run(60 if service_s > 0.01 else 10)

    assert {limit for _, limit in found.limits} == {BOUNDS.most}


@pytest.mark.parametrize("workers", [4, 16, 64])
@pytest.mark.parametrize("service_s", [0.005, 0.02, 0.2])
def test_one_that_slows_ten_fold_is_not_buried_and_used_fully_once_it_recovers(
    service_s: float, workers: int
) -> None:
    found = client(workers, service_s)
    found.concurrency.restart(0.0)  # as after a quiet time: the best time is one without a queue
    found.run(60)
    found.server.service_s *= 10
    found.run(60 * service_s / 0.02 if service_s > 0.02 else 60)
    slow = found.mean_limit(last_s=20)
    assert slow <= max(3 * workers, BOUNDS.least)

    found.server.service_s /= 10
    found.run(5 + 100 * service_s)
    assert found.mean_limit(last_s=1) >= min(workers, BOUNDS.most * 0.95)


def test_what_is_slow_for_good_and_could_take_more_is_used_again() -> None:
    found = client(1000, 0.05)
    found.run(30)
    found.server.service_s = 0.5
    found.run(5)
    assert min(limit for _, limit in found.limits) < BOUNDS.most / 2
    found.run(60)

    assert found.mean_limit(last_s=5) >= BOUNDS.most * 0.9


def test_many_failures_lower_it_and_few_do_not() -> None:
    found = client(1000, 0.05)
    found.server.failing = 0.02
    found.run(20)
    assert found.mean_limit(last_s=10) > BOUNDS.most * 0.9
    found.server.failing = 0.5
    found.run(5)
    assert found.concurrency.limit == BOUNDS.least
    found.server.failing = 0.0
    found.run(3)

    assert found.concurrency.limit == BOUNDS.most


def test_equal_bounds_switch_it_off() -> None:
    concurrency = Concurrency(Bounds(7, 7))
    for number in range(1000):
        concurrency.hear(number, number + 10.0, is_failed=number % 2 == 0)

    assert concurrency.limit == 7


@given(st.lists(st.tuples(st.floats(0, 10), st.booleans()), max_size=300))
def test_it_never_leaves_its_bounds(answers: list[tuple[float, bool]]) -> None:
    concurrency, now_s = Concurrency(BOUNDS), 0.0
    for took_s, is_failed in answers:
        now_s += 0.05
        concurrency.hear(now_s, now_s + took_s, is_failed=is_failed)
        assert BOUNDS.least <= concurrency.limit <= BOUNDS.most
