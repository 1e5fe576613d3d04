"""From a word to the field of the event that it names (reference: FQL 1.3)."""

import re
from typing import Final

from pipeline.core.trigger.cursor import Cursor, Word
from pipeline.core.trigger.errors import shown
from pipeline.core.trigger.tokens import Token
from pipeline.core.trigger.tree import DATA_HEADS, Field, Head
from pipeline.core.trigger.vocabulary import HEADS, unknown_word

_INDEXED: Final = re.compile(r"([^\[\]]+)((?:\[[0-9]+\])+)", re.ASCII)
_INDEX: Final = re.compile(r"[0-9]+", re.ASCII)


def field(cursor: Cursor, word: Word) -> Field:
    """The field that `word` names. Raises TriggerError where Segment reads another one, or none."""
    first, *below = word.parts
    if first.text not in HEADS:
        raise unknown_word(cursor.text, first)
    head = Head(first.text)
    if head in DATA_HEADS:
        return Field(head, _keys(cursor, first, below))
    if below:
        hint = f"write `{head}`, or {shown(f'properties.{below[0].raw}')} for a property of that name"
        raise cursor.mistake(first, f"Segment drops what follows the dot after `{head}`", hint)
    return Field(head)


def _keys(cursor: Cursor, first: Token, below: list[Token]) -> tuple[str, ...]:
    if not below:
        hint = f"name a value in it, as in `{first.text}.plan`"
        raise cursor.mistake(first, f"`{first.text}` as a whole cannot be compared", hint)
    return tuple(key for part in below for key in _keys_of(cursor, part))


def _keys_of(cursor: Cursor, part: Token) -> list[str]:
    if "." in part.text:
        hint = "a key that holds a dot cannot be reached; rename it where the event is made"
        raise cursor.mistake(part, f"Segment takes the dot in {shown(part.raw)} for a step of the path", hint)
    if "[" not in part.text and "]" not in part.text:
        return [part.text]
    indexed = _INDEXED.fullmatch(part.text)
    if not indexed:
        hint = "write an index as a part of its own, as in `items.\\0.sku`"
        raise cursor.mistake(
            part, f"Segment takes the brackets in {shown(part.raw)} for steps of the path", hint
        )
    return [indexed[1], *_INDEX.findall(indexed[2])]
