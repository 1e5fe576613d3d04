"""One compiled piece of a mapping, and what is needed to compile it.

JavaScript keeps undefined members while a mapping resolves and drops them at its end; whether
they are still there matters to `@merge` and `@flatten` only. So a node has two ways to resolve:
`raw` keeps them, `final` has dropped them. Values of the event are shared, never copied: JSON
holds no undefined.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, Undefined
from pipeline.core.mapping.allowance import MAX_TEXT, Allowance, TooLongError
from pipeline.core.mapping.errors import MappingError, MappingProblem, pointer_to

Value = Json | Undefined
Resolve = Callable[[Value], Value]
"""From the payload (the event, or what stands for it inside a directive) to a value."""


@dataclass(frozen=True, slots=True)
class Node:
    """A compiled piece: `final` drops undefined members, `raw` keeps them.

    `member` is the key of the payload whose value the final value is, where it is no more than that.
    `is_clean`: the raw value has no undefined members. `is_whole`: the final value has no
    undefined items. `is_defined`: the value itself is never undefined.
    """

    raw: Resolve
    final: Resolve
    is_clean: bool = False
    is_whole: bool = False
    is_defined: bool = False
    member: str | None = None


def clean(resolve: Resolve, *, is_defined: bool = False) -> Node:
    """A node whose value holds no undefined inside, though it may be undefined itself."""
    return Node(resolve, resolve, is_clean=True, is_whole=True, is_defined=is_defined)


@dataclass(frozen=True, slots=True)
class Build:
    """A place in the mapping, and how the pieces below it are compiled.

    `is_payload_clean` and `is_payload_whole` say of the payload there what a node says of its
    value; they hold for any event. All places of a mapping share one allowance.
    """

    compile: "Callable[[Json, Build], Node]"
    pointer: str = ""
    is_payload_clean: bool = True
    is_payload_whole: bool = True
    allowance: Allowance = field(default_factory=Allowance)

    def under(self, *keys: str | int) -> Self:
        """The same, further down."""
        pointer = self.pointer
        for key in keys:
            pointer = pointer_to(pointer, key)
        return replace(self, pointer=pointer)

    def part(self, template: Json, *keys: str | int) -> Node:
        """Compile what stands under `keys`."""
        return self.compile(template, self.under(*keys))

    def with_payload(self, node: Node) -> Self:
        """The same, where what a node gives, or a part of it, is the payload."""
        return replace(self, is_payload_clean=node.is_clean, is_payload_whole=node.is_whole)

    def reading(self, resolve: Resolve) -> Node:
        """The node of a value that is taken out of the payload."""
        final = resolve if self.is_payload_clean else self.final_of(resolve)
        return Node(resolve, final, self.is_payload_clean, self.is_payload_whole)

    def final_of(self, resolve: Resolve) -> Resolve:
        """Resolve, then drop undefined members."""
        return lambda payload: without_undefined(self.weighed(resolve(payload)))

    def failure(self, message: str) -> MappingError:
        """The error of an event that fails here."""
        return MappingError((MappingProblem(self.pointer, message),))

    def spend(self, size: int) -> None:
        """So many characters are made here. Raises MappingError."""
        try:
            self.allowance.take(size)
        except TooLongError:
            raise self.too_long() from None

    def weighed(self, value: Value) -> Value:
        """The value, taken for made here. Raises MappingError when it is too large."""
        try:
            self.allowance.weigh(value)
        except TooLongError:
            raise self.too_long() from None
        return value

    def too_long(self) -> MappingError:
        """The error of an event of which the mapping makes too much."""
        return self.failure(f"makes more than {MAX_TEXT} characters of one event")


Directive = Callable[[Json, Build], Node]
"""Compiles what stands under a directive's name, already checked."""


def without_undefined(value: Value) -> Value:
    """A copy without undefined members; undefined items stay (reference: 2.1, removeUndefined)."""
    if not isinstance(value, (dict, list)):
        return value
    top: Json = type(value)()
    waiting: list[tuple[Json, Json]] = [(value, top)]
    while waiting:
        source, target = waiting.pop()
        items = source.items() if isinstance(source, dict) else enumerate(source)
        for key, member in items:
            kept = member
            if isinstance(member, (dict, list)):
                kept = type(member)()
                waiting.append((member, kept))
            if isinstance(target, list):
                target.append(kept)
            elif member is not UNDEFINED:
                target[key] = kept
    return top
