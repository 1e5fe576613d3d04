"""From `FIELD OPERATOR VALUE` to a condition (reference: FQL 1.3).

Segment takes any two tokens behind a field as its operator and value; here they must be ones
whose meaning in Segment is the one that a reader sees.
"""

from typing import Final

from pipeline.core.trigger.cursor import Cursor
from pipeline.core.trigger.errors import TriggerError, quoted, shown
from pipeline.core.trigger.fields import field
from pipeline.core.trigger.tokens import Kind, Token
from pipeline.core.trigger.tree import DATA_HEADS, Condition, Field, Head, Operator
from pipeline.core.trigger.values import bound_in, is_own_text, number, text_of, value
from pipeline.core.trigger.vocabulary import unknown_operator

_EQUALITY: Final = frozenset({"=", "!="})
_ORDER: Final = {
    "<": Operator.LESS,
    "<=": Operator.LESS_OR_EQUAL,
    ">": Operator.GREATER,
    ">=": Operator.GREATER_OR_EQUAL,
}
_TEXT: Final = {
    "contains": Operator.CONTAINS,
    "not_contains": Operator.CONTAINS_NOT,
    "starts_with": Operator.STARTS_WITH,
    "not_starts_with": Operator.STARTS_NOT_WITH,
    "ends_with": Operator.ENDS_WITH,
    "not_ends_with": Operator.ENDS_NOT_WITH,
}
_OPERATORS: Final = _EQUALITY | _ORDER.keys() | _TEXT.keys()
_OPERATOR_KINDS: Final = frozenset({Kind.OPERATOR, Kind.WORD})
_NULL_HINTS: Final = {
    Head.TYPE: "leave it out: every event has a type",
    Head.EVENT: 'write `match(event, "*")` for any event name; a missing one cannot be asked for',
}


def condition(cursor: Cursor) -> Condition:
    """The condition that begins with the next token, a word."""
    subject = field(cursor, cursor.word())
    operator = _operator(cursor)
    token = value(cursor, operator)
    if operator.text in _ORDER:
        return Condition(subject, _ORDER[operator.text], _bound(cursor, subject, operator, token))
    if operator.text in _TEXT:
        return Condition(subject, _TEXT[operator.text], text_of(cursor, token))
    return _equality(cursor, subject, token, equal=operator.text == "=")


def _operator(cursor: Cursor) -> Token:
    token, behind = cursor.take(), cursor.peek()
    is_one = token.kind in _OPERATOR_KINDS and token.raw in _OPERATORS
    raw = token.raw
    if token.kind is behind.kind is Kind.OPERATOR and token.end == behind.start:
        raw += behind.raw
    if is_one and behind.kind is not Kind.OPERATOR:
        return token
    raise unknown_operator(cursor.text, token, raw)


def _equality(cursor: Cursor, subject: Field, token: Token, *, equal: bool) -> Condition:
    if token.kind is Kind.NULL:
        return _existence(cursor, subject, token, equal=equal)
    if token.kind is Kind.WORD and token.text in {"true", "false"}:
        return _truth(cursor, subject, token, equal=equal)
    if token.kind is Kind.NUMBER:
        return _number(cursor, subject, token, equal=equal)
    return _sameness(subject, token, equal=equal)


def _sameness(subject: Field, token: Token, *, equal: bool) -> Condition:
    return Condition(subject, Operator.EQUALS if equal else Operator.DIFFERS, token.text)


def _existence(cursor: Cursor, subject: Field, token: Token, *, equal: bool) -> Condition:
    if subject.head in _NULL_HINTS:
        problem = f'Segment compares `{subject.head}` with the text "null" here'
        raise cursor.mistake(token, problem, _NULL_HINTS[subject.head])
    return Condition(subject, Operator.EXISTS_NOT if equal else Operator.EXISTS)


def _truth(cursor: Cursor, subject: Field, token: Token, *, equal: bool) -> Condition:
    if subject.head not in DATA_HEADS | {Head.USER_ID}:
        raise _no_text(cursor, subject, token)
    if not equal:
        other = "false" if token.text == "true" else "true"
        hint = f"write `= {other}`, joined by `or` to `= null` if it may be missing"
        raise cursor.mistake(token, f"Segment never finds a true or false equal in `!= {token.text}`", hint)
    return Condition(subject, Operator.IS_TRUE if token.text == "true" else Operator.IS_FALSE)


def _number(cursor: Cursor, subject: Field, token: Token, *, equal: bool) -> Condition:
    if subject.head not in DATA_HEADS:
        if subject.head is Head.TYPE or not is_own_text(token):
            raise _no_text(cursor, subject, token)
        return _sameness(subject, token, equal=equal)
    operator = Operator.NUMBER_EQUALS if equal else Operator.NUMBER_DIFFERS
    return Condition(subject, operator, number(cursor, token))


def _no_text(cursor: Cursor, subject: Field, token: Token) -> TriggerError:
    problem = f"Segment compares `{subject.head}` with texts only, and {shown(token.raw)} is none"
    return cursor.mistake(token, problem, f"write {quoted(token.raw)}")


def _bound(cursor: Cursor, subject: Field, operator: Token, token: Token) -> float:
    """What `<` and its like compare with: numbers only, whatever the event holds."""
    sign = shown(operator.raw)
    if subject.head not in DATA_HEADS | {Head.USER_ID}:
        problem = f"{sign} compares numbers, and `{subject.head}` is a text"
        raise cursor.mistake(operator, problem, "write `=` or `!=`, or use `contains(…)` or `match(…)`")
    bound = bound_in(token)
    if bound is not None:
        return bound
    problem = f"{sign} compares numbers, and {shown(token.raw)} is none"
    raise cursor.mistake(token, problem, "write a number; texts and dates cannot be put in order")
