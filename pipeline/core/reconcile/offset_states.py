"""One byte of state for each offset of a partition, in little memory however long the partition is.

Outcomes come near the order of the offsets, so few blocks are written to at a time; the others are
kept compressed. A wild order costs time, never truth.
"""

import zlib
from collections.abc import Iterator
from typing import Final

_SHIFT: Final = 14
BLOCK: Final = 1 << _SHIFT
_MASK: Final = BLOCK - 1
_FASTEST: Final = 1


class OffsetStates:
    """A state from 0 to 255 for every offset from 0 on; all are 0 at first.

    At most `most_open` blocks of 16 KiB are open at a time.
    """

    __slots__ = ("_most_open", "_open", "_packed")

    def __init__(self, most_open: int = 64) -> None:
        self._most_open = most_open
        self._open: dict[int, bytearray] = {}
        self._packed: dict[int, bytes] = {}

    def swap(self, offset: int, state: int) -> int:
        """Give an offset a state; what it had."""
        block = self._open.get(offset >> _SHIFT)
        if block is None:
            block = self._opened(offset >> _SHIFT)
        index = offset & _MASK
        before = block[index]
        block[index] = state
        return before

    def get(self, offset: int) -> int:
        """The state of an offset."""
        return self._content(offset >> _SHIFT)[offset & _MASK]

    def others(self, begin: int, end: int, state: int) -> Iterator[tuple[int, int]]:
        """Each offset of a range that has another state, with that, in order."""
        expected = bytes([state]) * BLOCK
        for number in range(begin >> _SHIFT, ((end - 1) >> _SHIFT) + 1 if end > begin else 0):
            first = number << _SHIFT
            low, high = max(begin - first, 0), min(end - first, BLOCK)
            found = self._content(number)[low:high]
            if found == expected[: high - low]:
                continue
            for index, other in enumerate(found):
                if other != state:
                    yield first + low + index, other

    def _content(self, number: int) -> bytes | bytearray:
        """A block to be looked at; blocks that nobody wrote to cost nothing."""
        block = self._open.get(number)
        if block is not None:
            return block
        return self._opened(number) if number in self._packed else _EMPTY

    def _opened(self, number: int) -> bytearray:
        if len(self._open) >= self._most_open:
            oldest = next(iter(self._open))
            self._packed[oldest] = zlib.compress(self._open.pop(oldest), _FASTEST)
        packed = self._packed.pop(number, None)
        block = bytearray(BLOCK) if packed is None else bytearray(zlib.decompress(packed))
        self._open[number] = block
        return block


_EMPTY: Final = bytes(BLOCK)
