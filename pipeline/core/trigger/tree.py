"""What a trigger says once it is read: conditions, joined in groups."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final


class Head(StrEnum):
    """The parts of an event that a trigger can look at."""

    TYPE = "type"
    EVENT = "event"
    NAME = "name"
    USER_ID = "userId"
    CONTEXT = "context"
    PROPERTIES = "properties"
    TRAITS = "traits"


DATA_HEADS: Final = frozenset({Head.CONTEXT, Head.PROPERTIES, Head.TRAITS})
"""The heads that hold JSON of any kind and are looked into by a path."""


@dataclass(frozen=True, slots=True)
class Field:
    """A value of the event: a head and, under `DATA_HEADS`, the keys below it."""

    head: Head
    keys: tuple[str, ...] = ()


class Operator(Enum):
    """What a condition asks of its field (reference: FQL 1.5)."""

    EQUALS = auto()
    DIFFERS = auto()
    NUMBER_EQUALS = auto()
    NUMBER_DIFFERS = auto()
    LESS = auto()
    LESS_OR_EQUAL = auto()
    GREATER = auto()
    GREATER_OR_EQUAL = auto()
    CONTAINS = auto()
    CONTAINS_NOT = auto()
    STARTS_WITH = auto()
    STARTS_NOT_WITH = auto()
    ENDS_WITH = auto()
    ENDS_NOT_WITH = auto()
    EXISTS = auto()
    EXISTS_NOT = auto()
    IS_TRUE = auto()
    IS_FALSE = auto()


@dataclass(frozen=True, slots=True)
class Condition:
    """One question about one field.

    `operand` is a text, a number for the six operators that compare numbers, and None for
    the four that need nothing to compare with.
    """

    field: Field
    operator: Operator
    operand: str | float | None = None


class Join(StrEnum):
    """How the members of a group are joined."""

    AND = "and"
    OR = "or"


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups under one join word."""

    join: Join
    members: tuple["Node", ...]


Node = Condition | Group


def simplified(node: Node) -> Node:
    """The same meaning without groups of one and without groups in a group of the same join."""
    if isinstance(node, Condition):
        return node
    members: list[Node] = []
    for member in map(simplified, node.members):
        if isinstance(member, Group) and member.join is node.join:
            members.extend(member.members)
        else:
            members.append(member)
    return members[0] if len(members) == 1 else Group(node.join, tuple(members))
