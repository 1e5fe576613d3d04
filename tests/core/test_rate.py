"""The rate finds a hidden limit, stays close below it, and finds it again when it moves."""

import random

import pytest

from pipeline.core.rate import CONGESTION_S, CUT, Rate
from tests.support.limited_server import (
    FixedWindow,
    LimitedClient,
    LimitedServer,
    SlidingWindow,
    TokenBucket,
)

SERVERS = [FixedWindow, SlidingWindow, TokenBucket]


class Moody(LimitedServer):
    """Answers 429 to one request in `1 / per_s`, however many come."""

    _random = random.Random(2)  # noqa: S311 (a simulation)

    def takes(self, now_s: float) -> bool:
        return self._random.random() >= self.per_s


def unlimited_for(seconds: int, per_s: int) -> Rate:
    rate = Rate()
    for number in range(seconds * per_s):
        rate.accept(number / per_s)
    return rate


def test_nothing_is_paced_before_the_first_429() -> None:
    rate = Rate()
    for _ in range(10_000):
        rate.start(0.0)
        rate.accept(0.0)

    assert rate.per_s(0.0) is None
    assert rate.next_s == 0.0


def throttle(rate: Rate, now_s: float, times: int = 5) -> None:
    for _ in range(times):
        rate.throttle(started_s=now_s - 0.1, now_s=now_s, hold_s=0.0)


def test_the_first_429s_cut_below_what_was_accepted() -> None:
    rate = unlimited_for(10, per_s=100)
    throttle(rate, now_s=10.0)

    assert rate.per_s(10.0) == pytest.approx(100 * CUT, rel=0.02)


def test_the_429s_of_one_congestion_count_once() -> None:
    rate = unlimited_for(10, per_s=100)
    throttle(rate, now_s=10.0)
    before = rate.per_s(10.5)
    for number in range(64):
        rate.throttle(started_s=9.9 + number / 100, now_s=10.5, hold_s=0.0)

    assert rate.per_s(10.5) == before
    throttle(rate, now_s=10.1 + CONGESTION_S)
    assert (rate.per_s(11.1) or 0) < (before or 0)


def test_a_hold_starts_the_growth_later() -> None:
    rate = unlimited_for(10, per_s=100)
    rate.throttle(started_s=9.9, now_s=10.0, hold_s=60.0)

    assert rate.per_s(70.0) == rate.per_s(10.0)
    assert (rate.per_s(75.0) or 0) > (rate.per_s(70.0) or 0)


def test_a_lone_429_among_many_accepted_cuts_nothing_unless_it_says_how_long_to_wait() -> None:
    rate = unlimited_for(10, per_s=100)
    throttle(rate, now_s=10.0, times=2)
    assert rate.per_s(10.0) is None

    rate.throttle(started_s=9.9, now_s=10.0, hold_s=1.0)
    assert rate.per_s(10.0) == pytest.approx(100 * CUT, rel=0.02)


def test_429s_that_come_whatever_the_rate_is_and_rarely_cost_no_speed() -> None:
    client = LimitedClient(Moody(0.001, retry_after=False), 16, 0.05)
    client.run(0.0, 60.0)

    assert client.settled(20.0, 60.0)[0] >= 0.95 * 16 / 0.05


def test_what_is_not_sent_after_all_takes_no_time() -> None:
    rate = unlimited_for(10, per_s=100)
    throttle(rate, now_s=10.0)
    before = rate.next_s
    for _ in range(1000):
        rate.start(10.5)
        rate.spare(10.5)
    rate.start(10.5)

    assert rate.next_s == pytest.approx(max(before, 10.5 - 0.02) + 1 / (100 * CUT), rel=0.001)


def test_it_never_stops_altogether() -> None:
    rate = Rate()
    for second in range(0, 1000, 2):
        rate.throttle(started_s=second, now_s=second + 0.1, hold_s=0.0)

    assert rate.next_s < 1010


def check_settled(server: LimitedServer, concurrency: int, latency_s: float, *, end_s: float) -> None:
    client = LimitedClient(server, concurrency, latency_s)
    client.run(0.0, end_s)

    per_s, throttled = client.settled(40.0, end_s)
    assert per_s >= 0.9 * server.per_s
    assert throttled < 0.01


@pytest.mark.parametrize("concurrency,latency_s", [(64, 0.005), (64, 0.05), (256, 0.2)])
@pytest.mark.parametrize("retry_after", [False, True])
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("per_s", [20, 200])
def test_it_settles_close_below_a_hidden_limit(
    per_s: int,
    server: type[LimitedServer],
    retry_after: bool,  # noqa: FBT001 (a case)
    concurrency: int,
    latency_s: float,
) -> None:
    """At least 90 % of the limit, and less than 1 % of the answers are 429."""
    check_settled(server(per_s, retry_after=retry_after), concurrency, latency_s, end_s=130.0)


@pytest.mark.parametrize("retry_after", [False, True])
@pytest.mark.parametrize("server", SERVERS)
def test_it_settles_at_a_high_limit_too(server: type[LimitedServer], retry_after: bool) -> None:  # noqa: FBT001 (a case)
    check_settled(server(2000, retry_after=retry_after), 64, 0.02, end_s=85.0)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("before,after,within_s", [(100, 200, 60), (50, 500, 100), (500, 50, 40)])
def test_a_limit_that_moves_is_found_again(
    before: int, after: int, within_s: int, server: type[LimitedServer]
) -> None:
    client = LimitedClient(server(before, retry_after=False), 64, 0.02)
    client.run(0.0, 80.0)
    client.server.per_s = after
    client.run(80.0, 80.0 + within_s + 30)

    per_s, throttled = client.settled(80.0 + within_s, 80.0 + within_s + 30)
    assert per_s >= 0.9 * after
    assert throttled < 0.03
