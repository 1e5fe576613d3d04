"""From `contains(FIELD, VALUE)` and `match(FIELD, VALUE)` to a condition (reference: FQL 1.4)."""

from typing import Final

from pipeline.core.trigger.cursor import Cursor
from pipeline.core.trigger.errors import TriggerError, quoted, shown
from pipeline.core.trigger.fields import field
from pipeline.core.trigger.tokens import Kind, Token
from pipeline.core.trigger.tree import Condition, Field, Head, Operator
from pipeline.core.trigger.values import text_of, value

_WILDCARD: Final = "*"


def function(cursor: Cursor, *, negated: bool) -> Condition:
    """The function whose name is the next token."""
    name = cursor.take()
    _expect(cursor, name, Kind.OPEN, "(")
    subject = _subject(cursor, name)
    _expect(cursor, name, Kind.COMMA, ",")
    token = value(cursor, name)
    if name.text == "contains":
        operator = Operator.CONTAINS_NOT if negated else Operator.CONTAINS
        made = Condition(subject, operator, text_of(cursor, token))
    else:
        made = _match(cursor, subject, token, negated=negated)
    _expect(cursor, name, Kind.CLOSE, ")")
    return made


def _expect(cursor: Cursor, name: Token, kind: Kind, sign: str) -> None:
    token = cursor.take()
    if token.kind is not kind:
        found = f"{shown(token.raw)} stands" if token.raw else "the trigger ends"
        example = '"Order*"' if name.text == "match" else '"Order"'
        hint = f"write it as in `{name.text}(event, {example})`"
        raise cursor.mistake(token, f"{found} where `{name.text}` must have {shown(sign)}", hint)


def _subject(cursor: Cursor, name: Token) -> Field:
    token = cursor.peek()
    if token.kind is not Kind.WORD:
        hint = f"name one, without quotes: `{name.text}(event, …)`, `{name.text}(properties.plan, …)`"
        raise cursor.mistake(token, f"`{name.text}` must have a field here", hint)
    subject = field(cursor, cursor.word())
    if subject.head is Head.TYPE:
        hint = 'write `type = "track"`; part of a type is `type contains "…"`'
        raise cursor.mistake(token, f"Segment drops `{name.text}` on `type`", hint)
    return subject


def _match(cursor: Cursor, subject: Field, token: Token, *, negated: bool) -> Condition:
    """A text with one wildcard, at its begin or its end: Segment knows no other pattern."""
    pattern = token.text
    if token.kind is not Kind.STRING:
        hint = f"write {quoted(pattern + _WILDCARD)} or {quoted(_WILDCARD + pattern)}"
        raise cursor.mistake(token, "`match` must have a text in quotes here", hint)
    if pattern.count(_WILDCARD) != 1 or _WILDCARD not in {pattern[0], pattern[-1]}:
        raise _no_pattern(cursor, token, negated=negated)
    if pattern.endswith(_WILDCARD):
        operator = Operator.STARTS_NOT_WITH if negated else Operator.STARTS_WITH
        return Condition(subject, operator, pattern[:-1])
    operator = Operator.ENDS_NOT_WITH if negated else Operator.ENDS_WITH
    return Condition(subject, operator, pattern[1:])


def _no_pattern(cursor: Cursor, token: Token, *, negated: bool) -> TriggerError:
    pattern = token.text
    if _WILDCARD in pattern:
        hint = f"write {shown(_spelt_out(pattern, negated=negated))}"
        return cursor.mistake(token, "Segment knows one `*` only, at the beginning or the end", hint)
    equal = "!=" if negated else "="
    ends = f"{quoted(pattern + _WILDCARD)} for what begins so, {quoted(_WILDCARD + pattern)} for what ends so"
    hint = f"write {shown(equal)} {quoted(pattern)}, or {ends}"
    return cursor.mistake(token, "Segment drops the first letter of a pattern without `*`", hint)


def _spelt_out(pattern: str, *, negated: bool) -> str:
    """A pattern of several wildcards in functions that Segment knows."""
    begin, *middle, end = pattern.split(_WILDCARD)
    sign = "!" if negated else ""
    parts = [f'{sign}match(…, "{begin}*")'] if begin else []
    parts += [f'{sign}contains(…, "{part}")' for part in middle if part]
    parts += [f'{sign}match(…, "*{end}")'] if end else []
    return (" or " if negated else " and ").join(parts) or f'{sign}match(…, "*")'
