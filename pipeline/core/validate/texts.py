"""What the error texts say after their subject, in the reference's words (3.4)."""

import json
from typing import Final

from pipeline.core.event import Json

_VOWELS: Final = frozenset("aeiou")
_WITHOUT_ARTICLE: Final = frozenset({"null", "undefined"})
_PAIR: Final = 2


def type_text(wanted: tuple[str, ...], was: str) -> str:
    """`must be a string or null but it was an array`."""
    return f"must be {_with_article(_listed(wanted))} but it was {_with_article(was)}"


def choice_text(choices: tuple[Json, ...]) -> str:
    """`must be one of: "a", "b", or null`; the choices come from the fields, not from events."""
    return f"must be one of: {_listed(tuple(json.dumps(choice, ensure_ascii=False) for choice in choices))}"


def limit_text(limit: str, size: int | None, *, is_lower: bool) -> str:
    """`must be 2 characters or more but it was 1 character`; without a size it is of a number."""
    if size is None:
        return f"must be equal to or {'greater' if is_lower else 'less'} than {limit}"
    bound = f"{limit} {_characters(limit)} or {'more' if is_lower else 'fewer'}"
    return f"must be {bound} but it was {size} {_characters(str(size))}"


def _characters(count: str) -> str:
    return "character" if count == "1" else "characters"


def _listed(words: tuple[str, ...]) -> str:
    if len(words) <= _PAIR:
        return " or ".join(words)
    return f"{', '.join(words[:-1])}, or {words[-1]}"


def _with_article(word: str) -> str:
    if word in _WITHOUT_ARTICLE:
        return word
    return f"{'an' if word[0] in _VOWELS else 'a'} {word}"
