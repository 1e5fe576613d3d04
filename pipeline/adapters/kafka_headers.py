"""Records whose header names are not UTF-8: some producers write any bytes there.

The client's quick reader fails on such a batch, and would fail on it for ever: one record would stall
its partition. Its slow reader is given bytes that are always text.
"""

import importlib
from collections.abc import Iterator
from typing import Any, Final

from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH_AT: Final = 8
_BATCH_AT: Final = 12
_MAGIC_AT: Final = 16
_MAGIC_WITH_HEADERS: Final = 2


def accept_any_header_names() -> None:
    """Have every consumer of this process read such records; what is not UTF-8 in a name becomes U+FFFD."""
    fetcher: Any = importlib.import_module("aiokafka.consumer.fetcher")
    fetcher.MemoryRecords = _Records


class _Records:
    """The batches of an answer, each with its bytes at hand."""

    def __init__(self, data: bytes) -> None:
        self._quick = MemoryRecords(data)
        self._data = data
        self._at = 0

    def size_in_bytes(self) -> int:
        return int(self._quick.size_in_bytes())

    def has_next(self) -> bool:
        return bool(self._quick.has_next())

    def next_batch(self) -> Any:
        batch = self._quick.next_batch()
        begin, length_at = self._at, self._at + _LENGTH_AT
        self._at += _BATCH_AT + int.from_bytes(self._data[length_at : begin + _BATCH_AT], "big")
        if self._data[begin + _MAGIC_AT] < _MAGIC_WITH_HEADERS:
            return batch
        return _Batch(batch, memoryview(self._data)[begin : self._at])


class _Batch:
    """A batch that is read quickly, and slowly where that fails; the client skips what it has had."""

    def __init__(self, quick: Any, data: memoryview) -> None:
        self._quick = quick
        self._data = data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._quick, name)

    def __next__(self) -> Any:
        return next(self._quick)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._quick
        except UnicodeDecodeError:
            yield from _SlowBatch(self._data)


class _SlowBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # aiokafka has no types
    _buffer: Any

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _AlwaysText(self._buffer)


class _AlwaysText(bytearray):
    """Bytes that are text, whatever they are."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _AlwaysText(found) if isinstance(place, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, errors)
