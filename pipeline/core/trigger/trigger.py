"""A compiled trigger: the door of this package."""

from dataclasses import dataclass, field

from pipeline.core.event import Json
from pipeline.core.trigger.analysis import possible_event_names, possible_types
from pipeline.core.trigger.cursor import Cursor
from pipeline.core.trigger.errors import mistake
from pipeline.core.trigger.grouping import grouped
from pipeline.core.trigger.lexer import tokenize
from pipeline.core.trigger.meaning import Test, meaning
from pipeline.core.trigger.misreading import check_groups
from pipeline.core.trigger.sentence import pieces
from pipeline.core.trigger.tree import simplified


@dataclass(frozen=True, slots=True)
class Trigger:
    """Decides whether a mapping takes an event.

    `types` are the event types it can match at all; it may be empty. `event_names` are the
    only values of the event's top-level `event` it can match, None if it is not so limited.
    """

    text: str
    types: frozenset[str]
    event_names: frozenset[str] | None
    _test: Test = field(repr=False, compare=False)

    def matches(self, event: Json) -> bool:
        """Whether the event is meant. Never raises; what is no object has no fields."""
        if isinstance(event, dict):
            return self._test(event)
        return event is not None and self._test({})


def compile_trigger(text: Json) -> Trigger:
    """The trigger that a text in Segment's FQL describes.

    Raises TriggerError, with line, column and hint, for anything but a text that means the
    same to Segment and to its reader (reference: FQL 1, rules 8.1-8.3).
    """
    if not isinstance(text, str):
        raise mistake("", 0, "a trigger is a text", 'write one, as in `type = "track"`')
    parts = pieces(Cursor(text, tokenize(text)))
    written = grouped(text, parts)
    check_groups(text, parts, written)
    node = simplified(written)
    return Trigger(text, possible_types(node), possible_event_names(node), meaning(node))
