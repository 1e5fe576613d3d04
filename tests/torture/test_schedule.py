"""A schedule is a function of its seed, and leaves nothing broken behind."""

from collections import Counter
from itertools import pairwise

import pytest

from tests.torture.acts import (
    Await,
    Begin,
    Heal,
    Kill,
    KillNode,
    Stall,
    Start,
    StartNode,
    StopNode,
    Terminate,
    Timed,
    Trouble,
    Wake,
    as_text,
    from_text,
)
from tests.torture.schedule import MOST_WORKERS, Setting, kill_schedule, random_schedule

SETTING = Setting(duration_s=120.0, nodes=3)
SEEDS = range(40)


def test_a_seed_says_all() -> None:
    assert random_schedule(7, SETTING) == random_schedule(7, SETTING)
    assert random_schedule(7, SETTING) != random_schedule(8, SETTING)
    assert kill_schedule(7, 20) == kill_schedule(7, 20) != kill_schedule(8, 20)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_printed_can_be_read_again(seed: int) -> None:
    schedule = random_schedule(seed, SETTING)
    assert from_text(as_text(schedule)) == schedule


def test_a_schedule_by_hand_may_hold_comments() -> None:
    text = "# smallest\n\n 3 begin slow\n1.5 kill 1   # the first\n"
    assert from_text(text) == (Timed(1.5, Kill(1)), Timed(3.0, Begin(Trouble.SLOW)))


@pytest.mark.parametrize("line", ["1 shoot 1", "kill 1", "1 kill", "1 kill one", "1 begin rain", "1 heal 2"])
def test_what_is_no_act_is_told(line: str) -> None:
    with pytest.raises(ValueError, match="is no act"):
        from_text(line)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_blow_hits_a_worker_that_runs_and_has_its_end(seed: int) -> None:
    running: set[int] = set()
    stalled: set[int] = set()
    for timed in random_schedule(seed, SETTING):
        assert 0 <= timed.at_s <= SETTING.duration_s
        match timed.act:
            case Start(worker):
                assert worker not in running
                running.add(worker)
            case Kill(worker) | Terminate(worker):
                assert worker in running - stalled
                running.remove(worker)
            case Stall(worker):
                assert worker in running - stalled
                stalled.add(worker)
            case Wake(worker):
                stalled.remove(worker)
            case Await(worker):
                assert worker in running - stalled
            case _:
                pass
    assert not stalled
    assert 1 <= len(running) <= MOST_WORKERS


@pytest.mark.parametrize("seed", SEEDS)
def test_one_node_is_away_at_a_time_and_comes_back(seed: int) -> None:
    acts = [timed.act for timed in random_schedule(seed, SETTING)]
    nodes = [act for act in acts if isinstance(act, StopNode | KillNode | StartNode)]
    for away, back in zip(nodes[::2], nodes[1::2], strict=True):
        assert isinstance(away, StopNode | KillNode)
        assert back == StartNode(away.node)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_endpoint_is_well_at_the_end(seed: int) -> None:
    acts = [timed.act for timed in random_schedule(seed, SETTING)]
    troubles = [act for act in acts if isinstance(act, Begin | Heal)]
    assert isinstance(troubles[-1], Heal)


def test_over_many_seeds_everything_happens() -> None:
    acts = [timed.act for seed in SEEDS for timed in random_schedule(seed, SETTING)]
    assert {act.trouble for act in acts if isinstance(act, Begin)} == set(Trouble)
    counts = Counter(type(act) for act in acts)
    assert min(counts[kind] for kind in (Kill, Terminate, Stall, StopNode, KillNode)) > len(SEEDS) / 2
    assert {act.worker for act in acts if isinstance(act, Start)} == set(range(MOST_WORKERS))


def test_some_stalls_outlast_the_session_and_some_do_not() -> None:
    lengths = []
    for seed in SEEDS:
        schedule = random_schedule(seed, SETTING)
        begun = {}
        for timed in schedule:
            match timed.act:
                case Stall(worker):
                    begun[worker] = timed.at_s
                case Wake(worker):
                    lengths.append(timed.at_s - begun[worker])
                case _:
                    pass
    longer = sum(length > SETTING.session_s for length in lengths)
    assert 0.2 < longer / len(lengths) < 0.8


@pytest.mark.parametrize("seed", SEEDS)
def test_kills_alternate_with_starts_and_some_come_early(seed: int) -> None:
    schedule = kill_schedule(seed, 60)
    assert sum(isinstance(timed.act, Kill) for timed in schedule) == 60
    early = late = 0
    for worker in (0, 1):
        own = [timed for timed in schedule if timed.act in (Start(worker), Await(worker), Kill(worker))]
        acts = [type(timed.act) for timed in own]
        assert [kind for kind in acts if kind is not Await] == ([Start, Kill] * len(acts))[: 60 + 1]
        assert acts[:3] == [Start, Await, Kill]
        early += sum(pair == (Start, Kill) for pair in pairwise(acts))
        late += sum(pair == (Await, Kill) for pair in pairwise(acts))
    assert early >= 8
    assert late >= 25
