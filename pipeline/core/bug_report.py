"""What may be told of a bug: kinds of errors and places in the code.

The text of an error, and the values that the code was at work on, may hold a part of an event or a
secret: `KeyError` quotes the key, `UnicodeDecodeError` the bytes.
"""

import traceback
from collections.abc import Iterator
from typing import Final

_LAST_PLACES: Final = 8


def kind_of(error: BaseException) -> str:
    """The kind of an error."""
    return type(error).__name__


def places_of(error: BaseException) -> list[str]:
    """The last places that an error came through, the one where it arose at the end."""
    frames = traceback.extract_tb(error.__traceback__)[-_LAST_PLACES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def traceback_of(error: BaseException) -> str:
    """All places of an error and of the errors behind it, without their texts."""
    return "".join(_lines(error))


def _lines(error: BaseException) -> Iterator[str]:
    behind = error.__cause__ or error.__context__
    if behind is not None:
        yield from _lines(behind)
        yield "\nand then:\n\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{kind_of(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _lines(inner)
