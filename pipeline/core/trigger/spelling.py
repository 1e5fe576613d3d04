"""Why a spot of a trigger is no token, and what to write there instead."""

import re
from typing import Final

from pipeline.core.trigger.errors import TriggerError, mistake, shown

_WORD: Final = re.compile(r"(?:[A-Za-z0-9_-]|\\[\s\S])+")
_NUMBER: Final = re.compile(r"[+-]?[0-9.]*(?:[A-Za-z0-9_.-]|\\[\s\S])*")
_WORD_START: Final = re.compile(r"[A-Za-z_\\]")
_NUMBER_START: Final = re.compile(r"[0-9+-]")
_JOIN: Final = re.compile(r"(?:and|or)\b")
_HINTS: Final = {
    "&": "write `and`",
    "|": "write `or`",
    ";": "leave it out",
    "#": "leave the comment out: a trigger has none",
    "*": 'put the wildcard in quotes, as in `match(event, "Order*")`',
    "~": 'write `contains(event, "…")` or `match(event, "…*")`',
    "\r": "end lines with \\n alone, not with the \\r\\n of Windows",
    "$": "leave it out, as in `properties.plan`; as part of a name it is written `\\$`",
}


def misspelt(text: str, at: int) -> TriggerError:
    """The error for the text at index `at`, where no token begins."""
    char = text[at]
    if char == '"':
        return _string(text, at)
    if char == "'":
        return _single_quotes(text, at)
    if char in "!<>":
        return _operator(text, at)
    if _NUMBER_START.match(char):
        return _number(text, at)
    if _WORD_START.match(char):
        return _word(text, at)
    return _sign(text, at)


def _single_quotes(text: str, at: int) -> TriggerError:
    close = text.find("'", at + 1)
    value = shown(text[at + 1 : close])[1:-1] if close > at else "…"
    return mistake(text, at, "Segment takes single quotes for part of the text", f'write `"{value}"`')


def _string(text: str, at: int) -> TriggerError:
    end = text.find('"', at + 1) + 1
    if not end:
        return mistake(text, at, "this text has no closing quote", 'close it with `"`')
    if text[end] == "\r":
        return _sign(text, end)
    hint = "put a space behind it"
    if not _JOIN.match(text, end):
        hint += '; a text with quotes in it is written without any around it: `say\\ \\"hi\\"`'
    return mistake(text, end, "a closing quote must have a space, a comma or `)` behind it", hint)


def _operator(text: str, at: int) -> TriggerError:
    if text[at + 1 : at + 2] == "=":
        sign = text[at : at + 2]
        return mistake(text, at, f"{shown(sign)} must have a space behind it", f"write {shown(sign + ' …')}")
    hint = "write `!=` between field and value, or `!` directly before `contains` or `match`"
    return mistake(text, at, "`!` stands alone", hint)


def _number(text: str, at: int) -> TriggerError:
    found = _NUMBER.match(text, at)
    raw = found.group() if found else text[at]
    if text[:at].endswith("."):
        hint = f"write {shown('.' + chr(92) + raw.partition('.')[0])}"
        return mistake(text, at, "Segment ends a path before a digit or sign", hint)
    hint = "write a number without exponent, as in `1.5`, or a text in quotes"
    return mistake(text, at, f"{shown(raw)} is not a number", hint)


def _word(text: str, at: int) -> TriggerError:
    found = _WORD.match(text, at)
    end = found.end() if found else at
    char = text[end]
    if char == "\\":
        return mistake(text, end, "nothing follows the backslash", "leave it out")
    if char in _HINTS or char.isspace():
        return _sign(text, end)
    if char == "[":
        hint = "write an index as a part of the path, as in `items.\\0.sku`"
    elif char in "<>\"'":
        hint = f"put a space before {shown(char)}"
    else:
        hint = f"write {shown(chr(92) + char)} if it belongs to a name, or put a value in quotes"
    return mistake(text, end, f"{shown(text[at:end])} runs into {shown(char)}", hint)


def _sign(text: str, at: int) -> TriggerError:
    char = text[at]
    if char in _HINTS:
        hint = _HINTS[char]
    elif char.isspace() or char == "\ufeff":
        hint = "use plain spaces, tabs and line breaks"
    else:
        hint = f"write {shown(chr(92) + char)} if it belongs to a name, or put a value in quotes"
    return mistake(text, at, f"{shown(char)} means nothing here", hint)
