"""Liquid's expressions: values, comparisons, `and`, `or`, `not`, and filters behind them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, length
from pipeline.core.mapping.allowance import Allowance
from pipeline.core.mapping.liquid.filters import FILTERS
from pipeline.core.mapping.liquid.reader import Reader
from pipeline.core.mapping.liquid.values import (
    Special,
    are_equal,
    holds,
    is_at_most,
    is_less,
    is_true,
    member,
)
from pipeline.core.mapping.node import Value


@dataclass(frozen=True, slots=True)
class Frame:
    """One rendering: its payload, what may be made, and the variables that it has set."""

    payload: Value = field(repr=False)
    allowance: Allowance
    variables: dict[str, Value] = field(default_factory=dict, repr=False)


Evaluate = Callable[[Frame], Value]

_INDEX: Final = re.compile(r"-?[0-9]{1,9}")
_AFTER_DOT: Final = re.compile(r"[A-Za-z0-9_-]+(?![\w?])")
_DOT: Final = re.compile(r"\.")
_OPEN: Final = re.compile(r"\[")
_CLOSE: Final = re.compile(r"\]")
_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED: Final = re.compile(r"\\(.)")
_WORDS: Final = frozenset({"and", "or", "not", "contains"})
_SPECIALS: Final = {"nil": Special.NIL, "null": Special.NIL, "empty": Special.EMPTY, "blank": Special.BLANK}
_CONSTANTS: Final = {"true": True, "false": False}
_COMPARE: Final[dict[str, Callable[[Value, Value], bool]]] = {
    "==": are_equal,
    "!=": lambda left, right: not are_equal(left, right),
    "<": is_less,
    ">": lambda left, right: is_less(right, left),
    "<=": is_at_most,
    ">=": lambda left, right: is_at_most(right, left),
    "contains": holds,
}


def read_filtered(reader: Reader) -> Evaluate:
    """An expression, the filters behind it, and nothing more."""
    evaluate = _read_expression(reader)
    while reader.takes("|"):
        evaluate = _read_filter(reader, evaluate)
    if not reader.is_at_end():
        raise reader.refuse("has something after the expression that would be ignored")
    return evaluate


def _read_expression(reader: Reader) -> Evaluate:
    """`and` and `or` have no precedence: the right side is taken first."""
    left = _read_negation(reader)
    word = reader.takes("and", "or")
    if word is None:
        return left
    right = _read_expression(reader)
    if word == "and":
        return lambda frame: is_true(left(frame)) and is_true(right(frame))
    return lambda frame: is_true(left(frame)) or is_true(right(frame))


def _read_negation(reader: Reader) -> Evaluate:
    if not reader.takes("not"):
        return _read_comparison(reader)
    evaluate = _read_comparison(reader)
    return lambda frame: not is_true(evaluate(frame))


def _read_comparison(reader: Reader) -> Evaluate:
    left = _read_operand(reader)
    sign = reader.takes(*_COMPARE)
    if sign is None:
        return _value_only(reader, left)
    right = _read_operand(reader)
    specials = isinstance(left, Special) + isinstance(right, Special)
    if specials > (sign in {"==", "!="}):
        raise reader.refuse("compares nil, empty or blank in a way that has no meaning")
    compare = _COMPARE[sign]
    one, other = _evaluator(left), _evaluator(right)
    return lambda frame: compare(one(frame), other(frame))


def _evaluator(operand: Evaluate | Special) -> Callable[[Frame], Json]:
    if isinstance(operand, Special):
        return lambda _: operand
    return operand


def _value_only(reader: Reader, operand: Evaluate | Special) -> Evaluate:
    if isinstance(operand, Special):
        raise reader.refuse(f"has {operand.value} where only a value makes sense", "compare with == or !=")
    return operand


def _read_operand(reader: Reader) -> Evaluate | Special:
    token = reader.next_token("a value")
    if token["text"]:
        return _constant(_ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), token["text"][1:-1]))
    if token["number"]:
        return _constant(float(token["number"]))
    name = token["name"]
    if name is None or name in _WORDS:
        raise reader.refuse("has no value where one should stand")
    keys = _read_keys(reader)
    if name in _CONSTANTS or name in _SPECIALS:
        if keys:
            raise reader.refuse(f"reads a member of {name}")
        return _SPECIALS.get(name) or _constant(_CONSTANTS[name])
    return _variable(name, keys)


def _constant(value: Json) -> Evaluate:
    return lambda _: value


def _read_keys(reader: Reader) -> list[str | float]:
    """The `.name`, `["name"]` and `[0]` that stand right behind a name."""
    keys: list[str | float] = []
    while True:
        if reader.take(_DOT):
            key = reader.take(_AFTER_DOT)
            if key is None:
                raise reader.refuse("has a dot without a name behind it")
            keys.append(key[0])
        elif reader.take(_OPEN):
            keys.append(_read_key(reader))
            if not reader.take(_CLOSE):
                raise reader.refuse("has [ without ] right behind a text or a number")
        else:
            return keys


def _read_key(reader: Reader) -> str | float:
    token = reader.next_token("a key")
    if token["text"] and "\\" not in token["text"]:
        return token["text"][1:-1]
    if token["number"] and _INDEX.fullmatch(token["number"]):
        return int(token["number"])
    raise reader.refuse("has a key that is neither a plain text nor a whole number")


def _variable(name: str, keys: list[str | float]) -> Evaluate:
    def evaluate(frame: Frame) -> Value:
        value = frame.variables[name] if name in frame.variables else _of_payload(frame.payload, name)
        for key in keys:
            value = member(value, key)
        return value

    return evaluate


def _of_payload(payload: Value, name: str) -> Value:
    if isinstance(payload, dict) and name in payload:
        return payload[name]
    if name == "length" and isinstance(payload, (list, str)):
        return len(payload) if isinstance(payload, list) else length(payload)
    return 0 if name == "size" else UNDEFINED


def _read_filter(reader: Reader, evaluate: Evaluate) -> Evaluate:
    token = reader.peek()
    name = token["name"] if token else None
    known = FILTERS.get(name or "")
    if name is None or known is None:
        near = get_close_matches(name or "", FILTERS, n=1) or [", ".join(FILTERS)]
        said = f"uses the filter {name}, which is not run here" if name else "names no filter after |"
        raise reader.refuse(said, f"known: {near[0]}")
    reader.next_token("a filter")
    arguments = _read_arguments(reader) if reader.takes(":") else []
    if len(arguments) not in known.counts:
        raise reader.refuse(
            f"gives {name} {len(arguments)} arguments; it takes {' or '.join(map(str, known.counts))}"
        )
    run = known.run

    def filtered(frame: Frame) -> Value:
        given = evaluate(frame)
        made = run(given, *(argument(frame) for argument in arguments))
        frame.allowance.take(_size(given) + _size(made))
        return made

    return filtered


def _size(value: Value) -> int:
    return len(value) if isinstance(value, (str, list)) else 0


def _read_arguments(reader: Reader) -> list[Evaluate]:
    arguments = [_value_only(reader, _read_operand(reader))]
    while reader.takes(","):
        arguments.append(_value_only(reader, _read_operand(reader)))
    return arguments
