"""Which partition a key goes to: where every client would put it, and in no time however long it is."""

import time

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.kafka_producer import partition_of

EVERY = list(range(12))
MONSTER = b"k" * 10_000_000


@given(st.binary(max_size=1024))
def test_a_key_goes_where_every_client_puts_it(key: bytes) -> None:
    assert partition_of(key, EVERY, EVERY) == DefaultPartitioner()(key, EVERY, EVERY)


@pytest.mark.parametrize("key", [MONSTER, MONSTER[:1025], b"\x00" * 2000])
def test_a_long_key_takes_no_time_and_always_goes_to_the_same_partition(key: bytes) -> None:
    began_s = time.process_time()
    partitions = {partition_of(key, EVERY, EVERY) for _ in range(10)}

    assert len(partitions) == 1
    assert time.process_time() - began_s < 1.0  # the client's own hash takes 30 s


def test_without_a_key_any_partition_that_is_available_will_do() -> None:
    assert {partition_of(None, EVERY, [3, 5]) for _ in range(100)} == {3, 5}
