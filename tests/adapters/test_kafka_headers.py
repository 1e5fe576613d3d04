"""Batches as a hostile producer writes them, read as the client's fetcher reads them."""

import struct
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from pipeline.adapters.kafka_headers import accept_any_header_names

PLAIN = 0
NAME = "placeholder"
Headers = Sequence[tuple[str, bytes | None]]


def _batch(first: int, headers: Sequence[Headers], name: bytes = b"") -> bytes:
    """Records of these headers; `name` stands where the headers say `NAME`."""
    builder = DefaultRecordBatchBuilder(2, PLAIN, 0, -1, -1, -1, 1 << 20)
    for index, own in enumerate(headers):
        builder.append(index, timestamp=1, key=b"k", value=b"v%d" % index, headers=list(own))
    written = bytearray(builder.build()).replace(NAME.encode(), name or NAME.encode())
    struct.pack_into(">q", written, 0, first)
    struct.pack_into(">I", written, 17, calc_crc32c(memoryview(bytes(written[21:]))))
    return bytes(written)


def _read(data: bytes, begin: int = 0) -> list[Any]:
    accept_any_header_names()
    place = TopicPartition("events", 0)
    records = fetcher.MemoryRecords(data)
    unpacked = fetcher.PartitionRecords(
        place, records, [], begin, None, None, check_crcs=True, isolation_level=0
    )
    return list(unpacked)


BAD = b"\xff\xfe\xed\xa0\x80laceho"


def test_a_name_that_is_no_text_is_read_with_a_mark_in_its_place() -> None:
    good: Headers = [("trace", b"t"), ("empty", None)]
    data = _batch(0, [good]) + _batch(1, [good, [(NAME, b"x")], good], BAD) + _batch(4, [good])

    found = _read(data)

    assert [record.offset for record in found] == [0, 1, 2, 3, 4]
    assert [record.value for record in found] == [b"v0", b"v0", b"v1", b"v2", b"v0"]
    assert all(record.headers == tuple(good) for record in found if record.offset != 2)
    ((name, value),) = found[2].headers
    assert (name, value) == (BAD.decode(errors="replace"), b"x")


def test_reading_may_begin_within_such_a_batch() -> None:
    data = _batch(0, [[(NAME, b"x")]] * 5, BAD)
    assert [record.offset for record in _read(data, begin=3)] == [3, 4]


def test_a_cut_answer_ends_with_its_last_whole_batch() -> None:
    data = _batch(0, [[(NAME, b"x")]], BAD) + _batch(1, [[]])[:-3]
    assert [record.offset for record in _read(data)] == [0]


def test_without_us_the_client_fails_on_such_a_batch() -> None:
    """Should a newer client read it by itself, all of this can go."""
    with pytest.raises(UnicodeDecodeError):
        list(MemoryRecords(_batch(0, [[(NAME, b"x")]], BAD)).next_batch())
