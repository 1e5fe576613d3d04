"""What can be said of a trigger before any event: which ones are worth asking it about."""

from collections.abc import Iterable

from pipeline.core.event import EVENT_TYPES
from pipeline.core.trigger.meaning import meaning
from pipeline.core.trigger.tree import Condition, Field, Head, Join, Node, Operator

_EVENT = Field(Head.EVENT)


def possible_types(node: Node) -> frozenset[str]:
    """The event types for which the trigger is not false from the start."""
    return frozenset(name for name in EVENT_TYPES if _for_type(node, name) is not False)


def _for_type(node: Node, name: str) -> bool | None:
    """The answer for events of one type; None if it takes more than the type to tell."""
    if isinstance(node, Condition):
        return meaning(node)({"type": name}) if node.field.head is Head.TYPE else None
    answers = {_for_type(member, name) for member in node.members}
    decisive = node.join is Join.OR
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def possible_event_names(node: Node) -> frozenset[str] | None:
    """The only values of `event` with which the trigger can match; None for no such limit."""
    if isinstance(node, Condition):
        operand = node.operand
        is_name = node.field == _EVENT and node.operator is Operator.EQUALS
        return frozenset({operand}) if is_name and isinstance(operand, str) else None
    limits = [possible_event_names(member) for member in node.members]
    known = [limit for limit in limits if limit is not None]
    if node.join is Join.AND:
        return _shared(known) if known else None
    return frozenset[str]().union(*known) if len(known) == len(limits) else None


def _shared(limits: Iterable[frozenset[str]]) -> frozenset[str]:
    first, *rest = limits
    return first.intersection(*rest)
