"""From tokens to what a trigger is made of: conditions, join words, parentheses, in a row."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.core.trigger.conditions import condition
from pipeline.core.trigger.cursor import Cursor
from pipeline.core.trigger.errors import TriggerError, shown
from pipeline.core.trigger.functions import function
from pipeline.core.trigger.tokens import Kind, Token
from pipeline.core.trigger.tree import Condition, Join
from pipeline.core.trigger.vocabulary import FUNCTIONS, unknown_word


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition; `is_function` if it was written with parentheses of its own."""

    condition: Condition
    is_function: bool
    start: int


@dataclass(frozen=True, slots=True)
class Joint:
    """`and` or `or`."""

    join: Join
    start: int


@dataclass(frozen=True, slots=True)
class Open:
    """A parenthesis that opens a group."""

    start: int


@dataclass(frozen=True, slots=True)
class Close:
    """A parenthesis that closes a group."""

    start: int


Piece = Clause | Joint | Open | Close


def pieces(cursor: Cursor) -> tuple[Piece, ...]:
    """All pieces of the trigger. Raises TriggerError for tokens that Segment would skip."""
    return tuple(_pieces(cursor))


def _pieces(cursor: Cursor) -> Iterator[Piece]:
    while (token := cursor.peek()).kind is not Kind.END:
        match token.kind:
            case Kind.OPEN:
                yield Open(cursor.take().start)
            case Kind.CLOSE:
                yield Close(cursor.take().start)
            case Kind.JOIN:
                yield Joint(Join(cursor.take().text), token.start)
            case Kind.WORD:
                yield _clause(cursor, token)
            case Kind.NOT:
                yield _negation(cursor, cursor.take())
            case _:
                raise _stray(cursor, token)


def _clause(cursor: Cursor, token: Token) -> Clause:
    is_function = token.text in FUNCTIONS and cursor.peek(1).kind is Kind.OPEN
    if is_function:
        return Clause(function(cursor, negated=False), is_function, token.start)
    return Clause(condition(cursor), is_function, token.start)


def _negation(cursor: Cursor, sign: Token) -> Clause:
    name = cursor.peek()
    if name.kind is Kind.WORD and name.text in FUNCTIONS and cursor.peek(1).kind is Kind.OPEN:
        return Clause(function(cursor, negated=True), is_function=True, start=sign.start)
    if name.kind is Kind.OPEN:
        hint = "negate each condition within (`!=`, `!contains(…)`), and swap `and` with `or`"
        raise cursor.mistake(sign, "Segment ignores `!` before a parenthesis", hint)
    hint = "write `!=` within the condition, or `!` directly before `contains` or `match`"
    raise cursor.mistake(sign, f"Segment ignores `!` before {shown(name.raw)}", hint)


def _stray(cursor: Cursor, token: Token) -> TriggerError:
    if token.kind is Kind.COMMA:
        return cursor.mistake(token, "Segment skips this comma", "join conditions by `and` or `or`")
    if token.kind is Kind.NULL:
        return unknown_word(cursor.text, token)
    hint = "write `FIELD OPERATOR VALUE`, joined to the next by `and` or `or`"
    return cursor.mistake(token, f"Segment skips {shown(token.raw)} here", hint)
