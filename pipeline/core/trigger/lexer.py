"""From a trigger's text to its tokens (reference: FQL 1.1).

Every text that gets through is cut just as Segment cuts it. Where Segment gives up, cuts a
word short or starts a second string unasked, the text is refused (`spelling.py` says why).
"""

import re
from collections.abc import Iterator
from typing import Final

from pipeline.core.trigger.errors import mistake, quoted, shown
from pipeline.core.trigger.spelling import misspelt
from pipeline.core.trigger.tokens import Kind, Token

_STOP: Final = r"(?=[ \t\n,\])]|\Z)"
_WHITE_SPACE: Final = re.compile(r"[ \t\n]*")
_WORD_CHARACTER: Final = r"(?:[A-Za-z0-9_-]|\\[\s\S])"
_PATTERNS: Final = (
    (Kind.JOIN, rf"(?:and|or){_STOP}"),
    (Kind.NULL, rf"null{_STOP}"),
    (Kind.WORD, rf"(?:[A-Za-z_]|\\[\s\S]){_WORD_CHARACTER}*(?=[ \t\n,\]).(=!]|\Z)"),
    (Kind.STRING, rf'"[^"]*"{_STOP}'),
    (Kind.NUMBER, rf"(?:[+-]?[0-9]+(?:\.[0-9]+)?|[+-]\.[0-9]+){_STOP}"),
    (Kind.OPERATOR, rf"[!<>]={_STOP}|=|[<>](?!=)"),
    (Kind.NOT, r"!(?=[A-Za-z(])"),
    (Kind.DOT, r"\."),
    (Kind.COMMA, r","),
    (Kind.OPEN, r"\("),
    (Kind.CLOSE, r"\)"),
    (Kind.BRACKET, r"[\[\]]"),
)
_KINDS: Final = tuple(kind for kind, _ in _PATTERNS)
_TOKEN: Final = re.compile("|".join(f"({pattern})" for _, pattern in _PATTERNS))
_ESCAPE: Final = re.compile(r"\\([\s\S])")
_CUT_SHORT: Final = re.compile(r"a[\s\S]|n[\s\S]{1,2}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def tokenize(text: str) -> tuple[Token, ...]:
    """All tokens, the last one of kind END. Raises TriggerError."""
    half = _SURROGATE.search(text)
    if half:
        raise mistake(text, half.start(), "half a character stands here", "write the whole character")
    return tuple(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    at = _skip(text, 0)
    while at < len(text):
        token = _token(text, at)
        yield token
        at = _skip(text, token.end)
    yield Token(Kind.END, "", "", len(text.rstrip(" \t\n")))


def _skip(text: str, at: int) -> int:
    space = _WHITE_SPACE.match(text, at)
    return space.end() if space else at


def _token(text: str, at: int) -> Token:
    found = _TOKEN.match(text, at)
    if not found or found.lastindex is None:
        raise misspelt(text, at)
    kind, raw = _KINDS[found.lastindex - 1], found.group()
    if kind is Kind.WORD:
        _check_last_word(text, raw, found)
    return Token(kind, _meaning(kind, raw), raw, at)


def _meaning(kind: Kind, raw: str) -> str:
    if kind is Kind.WORD:
        return _ESCAPE.sub(r"\1", raw)
    return raw[1:-1] if kind is Kind.STRING else raw


def _check_last_word(text: str, raw: str, found: re.Match[str]) -> None:
    """Segment loses the end of such a word when nothing follows it, not even a space."""
    if found.end() == len(text) and _CUT_SHORT.fullmatch(raw):
        hint = f"put it in quotes: {quoted(_meaning(Kind.WORD, raw))}"
        problem = f"Segment reads only the first letter of {shown(raw)} at the very end of a trigger"
        raise mistake(text, found.start(), problem, hint)
