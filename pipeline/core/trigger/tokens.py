"""The words and signs that a trigger is made of (reference: FQL 1.1)."""

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    STRING = auto()
    NUMBER = auto()
    NULL = auto()
    OPERATOR = auto()
    NOT = auto()
    JOIN = auto()
    DOT = auto()
    COMMA = auto()
    OPEN = auto()
    CLOSE = auto()
    BRACKET = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is what it means: no quotes, no escaping backslashes.

    `raw` is what was written, from index `start` of the trigger on.
    """

    kind: Kind
    text: str
    raw: str
    start: int

    @property
    def end(self) -> int:
        """The index just behind the token."""
        return self.start + len(self.raw)
