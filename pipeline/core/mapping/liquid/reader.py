"""Reads the inside of an output or a tag, token by token."""

import re
from typing import Final

from pipeline.core.mapping.liquid.scan import BLANKS, LiquidRefusedError

_TOKEN: Final = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\["'\\bfnrtv])*+"|'(?:[^'\\]|\\["'\\bfnrtv])*+')"""
    r"|(?P<number>-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?![\w.?-]))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*(?![\w?]))"
    r"|(?P<sign>==|!=|<=|>=|<|>|[|:,.\[\]])"
)
_EQUALS: Final = re.compile(r"=(?!=)")
_HINT: Final = "see the guide to mappings for what @liquid runs"


class Reader:
    """Reads the inside of an output or a tag, token by token."""

    def __init__(self, content: str, position: int) -> None:
        self._content = content
        self._position = position
        self._at = 0

    def refuse(self, message: str, hint: str = _HINT) -> LiquidRefusedError:
        """A refusal at the current place."""
        return LiquidRefusedError(message, hint, self._position + self._at)

    def is_at_end(self) -> bool:
        """Whether only blanks are left."""
        while self._at < len(self._content) and self._content[self._at] in BLANKS:
            self._at += 1
        return self._at == len(self._content)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The pattern's match here, or None and no move."""
        found = pattern.match(self._content, self._at)
        if found:
            self._at = found.end()
        return found

    def peek(self) -> re.Match[str] | None:
        """The next token, if there is one."""
        if self.is_at_end():
            return None
        found = _TOKEN.match(self._content, self._at)
        if found is None:
            raise self.refuse("has something that is no part of a plain expression")
        return found

    def takes(self, *words: str) -> str | None:
        """The next token, if it is one of these words or signs."""
        found = self.peek()
        if found is None or found[0] not in words:
            return None
        self._at = found.end()
        return found[0]

    def takes_equals(self) -> bool:
        """Take the single `=` of an assignment."""
        return not self.is_at_end() and self.take(_EQUALS) is not None

    def next_token(self, expected: str) -> re.Match[str]:
        """The next token, whatever it is."""
        found = self.peek()
        if found is None:
            raise self.refuse(f"ends where {expected} should stand")
        self._at = found.end()
        return found
