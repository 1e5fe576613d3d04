"""The value of a condition or function, as Segment and a reader both take it."""

import math
from typing import Final

from pipeline.core import javascript
from pipeline.core.javascript import number_text
from pipeline.core.trigger.cursor import Cursor, Word
from pipeline.core.trigger.errors import quoted, shown
from pipeline.core.trigger.tokens import Kind, Token
from pipeline.core.trigger.vocabulary import is_ambiguous

_ALWAYS_EXACT_DIGITS: Final = 15
_CONSTANTS: Final = frozenset({"true", "false"})
_CONSTANT_SPELLINGS: Final = {
    "true": "true",
    "false": "false",
    "null": "null",
    "none": "null",
    "nil": "null",
    "undefined": "null",
}
_VALUES: Final = "write a text in double quotes, a number, `true`, `false` or `null`"


def value(cursor: Cursor, before: Token) -> Token:
    """The next token as a value: a string, a number, null, or an unquoted word.

    Raises TriggerError for anything else, at `before` if there is nothing.
    """
    token = cursor.peek()
    if token.kind is Kind.WORD:
        return _word(cursor, cursor.word())
    if token.kind in {Kind.STRING, Kind.NUMBER, Kind.NULL}:
        return cursor.take()
    if token.kind is Kind.END:
        raise cursor.mistake(before, f"no value follows {shown(before.raw)}", _VALUES)
    hint = "write `0.5` for a half, or put a text in quotes" if token.kind is Kind.DOT else _VALUES
    raise cursor.mistake(token, f"{shown(token.raw)} is not a value", hint)


def _word(cursor: Cursor, word: Word) -> Token:
    token = word.token
    if token.raw in _CONSTANTS:
        return token
    hint = f"write {quoted(token.text)} if it is meant as a text"
    if token.text.casefold() in _CONSTANT_SPELLINGS:
        hint = f"write `{_CONSTANT_SPELLINGS[token.text.casefold()]}`, or {quoted(token.text)} for a text"
    if word.is_spaced:
        raise cursor.mistake(token, "Segment drops the spaces around the dot", hint)
    if is_ambiguous(token.text):
        problem = f"{shown(token.raw)} may be taken for a field, a keyword or a constant"
        raise cursor.mistake(token, problem, hint)
    return token


def text_of(cursor: Cursor, token: Token) -> str:
    """A value that must be a text. Raises TriggerError for null, true, false and numbers like 5.0."""
    if token.kind is Kind.STRING or (token.kind is Kind.WORD and token.text not in _CONSTANTS):
        return token.text
    if is_own_text(token):
        return token.raw
    raise cursor.mistake(token, f"{shown(token.raw)} is not a text", f"write {quoted(token.raw)}")


def is_own_text(token: Token) -> bool:
    """Whether the token is a number that is written as JavaScript writes it: its text is no surprise."""
    return token.kind is Kind.NUMBER and number_text(float(token.raw)) == token.raw


def number(cursor: Cursor, token: Token) -> float:
    """A number, as a double. Raises TriggerError for one that a double cannot hold."""
    double = float(token.text)
    if math.isinf(double) or _loses_digits(token.text, double):
        problem = f"{shown(token.raw)} has more digits than a number keeps: others would equal it"
        raise cursor.mistake(token, problem, "send such an id as a text, and compare it in quotes")
    return double


def _loses_digits(text: str, double: float) -> bool:
    """Whether an integer is neither a double nor the text by which JavaScript writes one."""
    digits = text.lstrip("+-0")
    is_exact = "." in digits or len(digits) <= _ALWAYS_EXACT_DIGITS
    return not is_exact and abs(int(double)) != int(digits) and number_text(abs(double)) != digits


def bound_in(token: Token) -> float | None:
    """What `<` and its like compare with: a number, or the one that JavaScript reads in a text.

    None for what is no finite number, and for a blank text, in which JavaScript reads 0.
    """
    if token.kind is Kind.NUMBER:
        read = float(token.text)
    elif token.kind is Kind.STRING and token.text.strip(javascript.WHITE_SPACE):
        read = _as_double(javascript.number(token.text))
    else:
        return None
    return read if math.isfinite(read) else None


def _as_double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf
