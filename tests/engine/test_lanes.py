"""Lanes: one order for each identity, no more waiting than that asks for, and nobody waits for ever."""

from dataclasses import dataclass
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine.lanes import Lanes, distinct


@dataclass
class _Waiting:
    number: int
    identities: tuple[str, ...]
    lanes_ahead: int = 0


identities = st.lists(st.sampled_from("abcde"), max_size=3).map(distinct)


@given(st.lists(identities, max_size=30), st.randoms(use_true_random=False))
def test_each_identity_keeps_its_order_and_all_go(named: list[tuple[str, ...]], random: Random) -> None:
    """Whatever the interleaving of joining and leaving, each goes exactly when it is first everywhere."""
    lanes: Lanes[_Waiting] = Lanes()
    to_join = [_Waiting(number, each) for number, each in enumerate(named)]
    under_way: list[_Waiting] = []
    gone: list[_Waiting] = []
    while to_join or under_way:
        if to_join and (not under_way or random.random() < 0.5):
            waiting = to_join.pop(0)
            if lanes.join(waiting):
                under_way.append(waiting)
        else:
            leaving = under_way.pop(random.randrange(len(under_way)))
            gone.append(leaving)
            under_way.extend(lanes.leave(leaving))
        busy = [identity for each in under_way for identity in each.identities]
        assert len(busy) == len(set(busy)), "two of one identity are under way"

    assert sorted(each.number for each in gone) == list(range(len(named)))
    for identity in "abcde":
        order = [each.number for each in gone if identity in each.identities]
        assert order == sorted(order)
    assert len(lanes) == 0


def test_different_visitors_run_side_by_side() -> None:
    lanes: Lanes[_Waiting] = Lanes()

    assert [
        lanes.join(_Waiting(0, ("a",))),
        lanes.join(_Waiting(1, ("b",))),
        lanes.join(_Waiting(2, ())),
    ] == [
        True,
        True,
        True,
    ]


def test_one_order_through_login() -> None:
    """An event naming both identities waits for both, and what follows under either waits for it."""
    lanes: Lanes[_Waiting] = Lanes()
    anonymous, login, known = _Waiting(0, ("a:1",)), _Waiting(1, ("a:1", "u:1")), _Waiting(2, ("u:1",))

    assert [lanes.join(anonymous), lanes.join(login), lanes.join(known)] == [True, False, False]
    assert lanes.leave(anonymous) == [login]
    assert lanes.leave(login) == [known]
