r"""Characters that JSON writes in two halves, `"\ud83d\ude00"`: YAML takes each half for a character."""

import re
from typing import Final

_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF: Final = re.compile("[\ud800-\udfff]")


def whole_characters(text: str) -> str:
    """The text with both halves of a character made one."""
    return _PAIR.sub(_joined, text)


def half_character(text: str) -> int | None:
    """Where half a character stands without the other, None if nowhere."""
    found = _HALF.search(text)
    return found.start() if found else None


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
