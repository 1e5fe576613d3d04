"""What a person asks of a trigger that loads: which conditions are at fault, which are odd."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.core.event import EVENT_TYPES, Event, Json
from pipeline.core.javascript import number_text
from pipeline.core.trigger.cursor import Cursor
from pipeline.core.trigger.grouping import grouped
from pipeline.core.trigger.lexer import tokenize
from pipeline.core.trigger.lookup import lookup
from pipeline.core.trigger.meaning import meaning
from pipeline.core.trigger.sentence import pieces
from pipeline.core.trigger.tree import Condition, Field, Group, Head, Join, Node, Operator

_SIGNS: Final = {
    Operator.EQUALS: "=",
    Operator.DIFFERS: "!=",
    Operator.NUMBER_EQUALS: "=",
    Operator.NUMBER_DIFFERS: "!=",
    Operator.LESS: "<",
    Operator.LESS_OR_EQUAL: "<=",
    Operator.GREATER: ">",
    Operator.GREATER_OR_EQUAL: ">=",
    Operator.CONTAINS: "contains",
    Operator.CONTAINS_NOT: "not_contains",
    Operator.STARTS_WITH: "starts_with",
    Operator.STARTS_NOT_WITH: "not_starts_with",
    Operator.ENDS_WITH: "ends_with",
    Operator.ENDS_NOT_WITH: "not_ends_with",
    Operator.EXISTS: "!= null",
    Operator.EXISTS_NOT: "= null",
    Operator.IS_TRUE: "= true",
    Operator.IS_FALSE: "= false",
}


@dataclass(frozen=True, slots=True)
class FalseCondition:
    """A condition that keeps a trigger from matching, and what the event has in its place."""

    text: str
    found: Json


def false_conditions(trigger: str, event: Event) -> tuple[FalseCondition, ...]:
    """The conditions that make a trigger false for an event, in the order of its text.

    The trigger is one that loads; where it matches, nothing is at fault. Of a group joined by
    `and` only the false members count; of one joined by `or`, all of them.
    """
    node = _tree(trigger)
    return () if meaning(node)(event) else tuple(_at_fault(node, event))


def unknown_types(trigger: str) -> tuple[str, ...]:
    """The texts that a trigger which loads compares `type` with, and that no event has as its type."""
    compared = (found.operand for found in _conditions(_tree(trigger)) if _is_about_a_type(found))
    return tuple(text for text in compared if isinstance(text, str) and text not in EVENT_TYPES)


def _tree(trigger: str) -> Group:
    return grouped(trigger, pieces(Cursor(trigger, tokenize(trigger))))


def _conditions(node: Node) -> Iterator[Condition]:
    if isinstance(node, Condition):
        yield node
        return
    for member in node.members:
        yield from _conditions(member)


def _is_about_a_type(condition: Condition) -> bool:
    is_comparison = condition.operator in {Operator.EQUALS, Operator.DIFFERS}
    return is_comparison and condition.field.head is Head.TYPE


def _at_fault(node: Node, event: Event) -> list[FalseCondition]:
    if isinstance(node, Condition):
        return [FalseCondition(_text(node), lookup(node.field)(event))]
    members = [member for member in node.members if node.join is Join.OR or not meaning(member)(event)]
    return [found for member in members for found in _at_fault(member, event)]


def _text(condition: Condition) -> str:
    words = f"{_path(condition.field)} {_SIGNS[condition.operator]}"
    match condition.operand:
        case None:
            return words
        case str() as text:
            return f'{words} "{text}"'
        case number:
            return f"{words} {number_text(number)}"


def _path(field: Field) -> str:
    return ".".join((str(field.head), *field.keys))
