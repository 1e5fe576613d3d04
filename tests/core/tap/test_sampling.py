"""Which events a tap shows: each so many-th, and no more in a second than asked for."""

from pipeline.core.tap.sampling import Choice, Sampler


def test_each_so_many_th_is_shown_from_the_first_on() -> None:
    sampler = Sampler(3, 100)
    chosen = [sampler.choose(0.0) for _ in range(7)]
    assert [number for number, choice in enumerate(chosen) if choice is Choice.SHOWN] == [0, 3, 6]
    assert chosen.count(Choice.PASSED_OVER) == 4


def test_more_in_a_second_are_too_many_and_the_next_second_begins_anew() -> None:
    sampler = Sampler(1, 2)
    chosen = [sampler.choose(at_s) for at_s in (5.0, 5.1, 5.2, 5.99, 6.0, 6.1, 6.2)]
    assert [choice is Choice.SHOWN for choice in chosen] == [True, True, False, False, True, True, False]
    assert Choice.PASSED_OVER not in chosen
