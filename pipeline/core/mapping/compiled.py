"""A mapping that is ready for events."""

from dataclasses import dataclass

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, Undefined, type_name
from pipeline.core.mapping.allowance import Allowance
from pipeline.core.mapping.check import check_mapping
from pipeline.core.mapping.directives import compile_value
from pipeline.core.mapping.errors import MappingError, MappingProblem
from pipeline.core.mapping.node import Build, Resolve, Value
from pipeline.core.mapping.root import expand_root


@dataclass(frozen=True, slots=True)
class Mapping:
    """A compiled mapping. It never alters an event; its results share the event's values."""

    _resolve: Resolve
    _is_whole: bool
    _allowance: Allowance

    def payload(self, event: dict[str, Json]) -> Json | Undefined:
        """What the reference hands to its validation (reference: 2.1).

        UNDEFINED stays where JavaScript has it: in lists, and as the whole result of a mapping
        that is a single directive. Raises MappingError, whose text holds no value of the event.
        """
        if not isinstance(event, dict):
            raise _failed(f"data must be an object, got {type_name(event)}")
        self._allowance.renew()
        try:
            return self._resolve(event)
        except RecursionError:
            raise _failed("the event is nested too deeply for this mapping") from None

    def resolve(self, event: dict[str, Json]) -> Json:
        """The same as JSON: undefined items are null, and so is an undefined whole.

        A mapping that is an object gives an object; one that is a single directive gives what the
        directive gives. Raises MappingError.
        """
        payload = self.payload(event)
        return payload if self._is_whole and payload is not UNDEFINED else _without_holes(payload)


def compile_mapping(template: Json) -> Mapping:
    """Check a mapping and compile it.

    Raises MappingError with every mistake, each with a JSON pointer and what to write instead.
    """
    problems = check_mapping(template)
    if problems:
        raise MappingError(problems)
    try:
        build = Build(compile_value)
        node = compile_value(expand_root(template), build)
    except RecursionError:
        raise _failed("is nested too deeply") from None
    return Mapping(node.final, node.is_whole, build.allowance)


def _failed(message: str) -> MappingError:
    return MappingError((MappingProblem("", message),))


def _without_holes(root: Value) -> Json:
    top: list[Json] = [root]
    waiting: list[tuple[Json, Json]] = [(top, holder := [None])]
    while waiting:
        source, target = waiting.pop()
        for key, value in source.items() if isinstance(source, dict) else enumerate(source):
            kept = None if value is UNDEFINED else value
            if isinstance(value, (dict, list)):
                kept = {} if isinstance(value, dict) else [None] * len(value)
                waiting.append((value, kept))
            target[key] = kept
    return holder[0]
