"""Why a trigger does not take an event: the conditions at fault, as their author would write them."""

from dataclasses import dataclass
from typing import Final

from pipeline.core.event import Event, Json
from pipeline.core.javascript import number_text
from pipeline.core.trigger.cursor import Cursor
from pipeline.core.trigger.grouping import grouped
from pipeline.core.trigger.lexer import tokenize
from pipeline.core.trigger.lookup import lookup
from pipeline.core.trigger.meaning import meaning
from pipeline.core.trigger.sentence import pieces
from pipeline.core.trigger.tree import Condition, Field, Join, Node, Operator

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
    node = grouped(trigger, pieces(Cursor(trigger, tokenize(trigger))))
    return () if meaning(node)(event) else tuple(_at_fault(node, event))


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
