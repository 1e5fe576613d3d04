"""Batches respect their bounds, keep everything, and keep its order."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.batch import SINGLE, Batcher, BatchPolicy, halves, join_bodies

bodies = st.lists(st.integers(0, 10**9).map(lambda number: orjson.dumps({"n": number})), max_size=60)
policies = st.builds(
    BatchPolicy,
    max_events=st.integers(1, 10),
    max_bytes=st.integers(2, 120),
    linger_s=st.just(0.1),
    is_array=st.just(value=True),
)


def batches(items: list[bytes], policy: BatchPolicy) -> list[list[bytes]]:
    batcher: Batcher[bytes] = Batcher(policy)
    full = [batch for item in items for batch in batcher.add(item, len(item))]
    return [*full, batcher.take()] if len(batcher) else full


@given(bodies, policies)
def test_bounds_are_kept_and_nothing_is_lost(items: list[bytes], policy: BatchPolicy) -> None:
    made = batches(items, policy)

    assert [item for batch in made for item in batch] == items
    for batch in made:
        assert 1 <= len(batch) <= policy.max_events
        assert len(join_bodies(batch, policy)) <= policy.max_bytes or len(batch) == 1


@given(bodies)
def test_a_single_waits_for_nothing(items: list[bytes]) -> None:
    assert batches(items, SINGLE) == [[item] for item in items]


@given(bodies.filter(bool))
def test_an_array_is_what_it_holds(items: list[bytes]) -> None:
    policy = BatchPolicy(100, 10_000, 0.1, is_array=True)

    assert orjson.loads(join_bodies(items, policy)) == [orjson.loads(item) for item in items]


@given(st.lists(st.integers(), min_size=2))
def test_halves_are_smaller_and_whole(items: list[int]) -> None:
    first, second = halves(items)

    assert first + second == items
    assert 0 <= len(first) - len(second) <= 1
    assert second
