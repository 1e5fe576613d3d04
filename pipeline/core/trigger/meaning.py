"""From a tree to the function that decides (reference: FQL 1.5)."""

import math
import operator
from collections.abc import Callable
from typing import Final, assert_never

from pipeline.core.event import Event
from pipeline.core.trigger.lookup import Lookup, lookup
from pipeline.core.trigger.tree import Condition, Field, Join, Node, Operator

Test = Callable[[Event], bool]

_Comparison = Callable[[float, float], bool]
_TextTest = Callable[[str, str], bool]

_COMPARISONS: Final[dict[Operator, _Comparison]] = {
    Operator.NUMBER_EQUALS: operator.eq,
    Operator.NUMBER_DIFFERS: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}
_TEXT_TESTS: Final[dict[Operator, _TextTest]] = {
    Operator.CONTAINS: lambda actual, part: part in actual,
    Operator.CONTAINS_NOT: lambda actual, part: part not in actual,
    Operator.STARTS_WITH: str.startswith,
    Operator.STARTS_NOT_WITH: lambda actual, part: not actual.startswith(part),
    Operator.ENDS_WITH: str.endswith,
    Operator.ENDS_NOT_WITH: lambda actual, part: not actual.endswith(part),
}


def meaning(node: Node) -> Test:
    """A function that says whether an event is meant; it never raises for JSON."""
    if isinstance(node, Condition):
        return _condition(node)
    tests = tuple(meaning(member) for member in node.members)
    return _every(tests) if node.join is Join.AND else _some(tests)


def _every(tests: tuple[Test, ...]) -> Test:
    match tests:
        case (first, second):
            return lambda event: first(event) and second(event)
        case (first, second, third):
            return lambda event: first(event) and second(event) and third(event)
        case _:
            return lambda event: all(test(event) for test in tests)


def _some(tests: tuple[Test, ...]) -> Test:
    match tests:
        case (first, second):
            return lambda event: first(event) or second(event)
        case (first, second, third):
            return lambda event: first(event) or second(event) or third(event)
        case _:
            return lambda event: any(test(event) for test in tests)


def _condition(condition: Condition) -> Test:
    field, operand = condition.field, condition.operand
    match operand:
        case None:
            return _state(condition.operator, lookup(field))
        case str() if condition.operator in _TEXT_TESTS:
            return _text(_TEXT_TESTS[condition.operator], lookup(field), operand)
        case str():
            return _identity(field, operand, equal=condition.operator is Operator.EQUALS)
        case float():
            return _number(_COMPARISONS[condition.operator], lookup(field), operand)
        case _:
            assert_never(operand)


def _identity(field: Field, expected: str, *, equal: bool) -> Test:
    """The commonest test of all: the top level is read without a call in between."""
    if field.keys:
        read = lookup(field)
        return (lambda event: read(event) == expected) if equal else (lambda event: read(event) != expected)
    head = str(field.head)
    if equal:
        return lambda event: event.get(head) == expected
    return lambda event: event.get(head) != expected


def _state(asked: Operator, read: Lookup) -> Test:
    match asked:
        case Operator.EXISTS:
            return lambda event: read(event) is not None
        case Operator.EXISTS_NOT:
            return lambda event: read(event) is None
        case Operator.IS_TRUE:
            return lambda event: read(event) is True
        case _:
            return lambda event: read(event) is False


def _text(test: _TextTest, read: Lookup, expected: str) -> Test:
    def decide(event: Event) -> bool:
        actual = read(event)
        return isinstance(actual, str) and test(actual, expected)

    return decide


def _number(compare: _Comparison, read: Lookup, expected: float) -> Test:
    def decide(event: Event) -> bool:
        actual = read(event)
        if isinstance(actual, float):
            return compare(actual, expected)
        if isinstance(actual, int) and not isinstance(actual, bool):
            return compare(_double(actual), expected)
        return False

    return decide


def _double(integer: int) -> float:
    """The double that JavaScript reads for an integer: infinite beyond its range."""
    try:
        return float(integer)
    except OverflowError:
        return math.inf if integer > 0 else -math.inf
