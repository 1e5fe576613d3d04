"""Words that mean something else, or nothing, to Segment than to a reader."""

from difflib import get_close_matches
from typing import Final

from pipeline.core.trigger.errors import TriggerError, mistake, shown
from pipeline.core.trigger.tokens import Token
from pipeline.core.trigger.tree import DATA_HEADS, Head

FUNCTIONS: Final = frozenset({"contains", "match"})
HEADS: Final = frozenset(Head)

_CONTAINS: Final = 'write `contains(event, "Order")`'
_MATCH: Final = 'write `match(event, "Order*")`'
_LOOKS_LIKE_MORE: Final = frozenset(
    {"true", "false", "null", "undefined", "none", "nil", "nan", "infinity", "and", "or", "not", *FUNCTIONS}
)
_WORDS: Final = {
    "and": "write `and` with a space on both sides",
    "or": "write `or` with a space on both sides",
    "not": "write `!=` within the condition, or `!` directly before `contains` or `match`",
    "exists": "write `… != null`",
    "contains": _CONTAINS,
    "match": _MATCH,
}
_OPERATORS: Final = {
    "==": "write `=`",
    "===": "write `=`",
    "<>": "write `!=`",
    "exists": "write `!= null`",
    "not_exists": "write `= null`",
    "is_true": "write `= true`",
    "is_false": "write `= false`",
    "number_equals": "write `=` and a number",
    "number_not_equals": "write `!=` and a number",
    "in": 'write `(event = "A" or event = "B")`',
    "is": "write `=`",
    "equals": "write `=`",
    "not": "write `!=`",
    "like": _MATCH,
    "match": _MATCH,
    "matches": _MATCH,
}
_ANY_OPERATOR: Final = "write one of `= != < <= > >=`, or use `contains(…)` or `match(…)`"
_ANY_FIELD: Final = (
    "begin a condition with `type`, `event`, `name`, `userId`, `context.…`, `properties.…` or `traits.…`"
)


def is_ambiguous(word: str) -> bool:
    """Whether an unquoted value may be taken for a field, a keyword or a constant."""
    return word.casefold() in _LOOKS_LIKE_MORE or word.partition(".")[0] in HEADS


def unknown_word(text: str, token: Token) -> TriggerError:
    """The error for a word where a condition should begin: Segment skips it in silence."""
    hint = _WORDS.get(token.text.casefold()) or _nearest(token.text)
    return mistake(text, token.start, f"{shown(token.raw)} is not a word of the language", hint)


def _nearest(word: str) -> str:
    known = {name.casefold(): name for name in (*sorted(HEADS), *sorted(FUNCTIONS))}
    near = get_close_matches(word.casefold(), known, n=1)
    if not near:
        return _ANY_FIELD
    name = known[near[0]]
    return f"write `{name}.…`" if name in DATA_HEADS else f"write `{name}`"


def unknown_operator(text: str, token: Token, raw: str) -> TriggerError:
    """The error for `raw`, from `token` on, where an operator should stand."""
    hint = _OPERATORS.get(raw.casefold(), _ANY_OPERATOR)
    problem = f"{shown(raw)} is no operator" if raw else "the operator is missing"
    return mistake(text, token.start, problem, hint)
