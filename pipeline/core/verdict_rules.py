"""Stage deliver: the rules that turn a complete answer into a verdict.

An ordered table, the first match wins. What no rule names has no meaning in HTTP that we know, and
counts as a fault of the other side: transient.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from pipeline.core.event import Json
from pipeline.core.exchange import Answer

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)

Scalar = str | int | float | bool
"""What a member of a JSON body may be compared with."""

ALL_STATUSES: Final = range(1000)
"""Everything that three digits can say."""


class VerdictKind(StrEnum):
    """The verdicts as a rule names them."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    THROTTLED = "throttled"
    TRANSIENT = "transient"
    UNAUTHORISED = "unauthorised"


@dataclass(frozen=True, slots=True)
class StatusRange:
    """HTTP statuses from `first` to `last`, both included."""

    first: int
    last: int

    def __contains__(self, status: int) -> bool:
        return self.first <= status <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class HeaderIs:
    """The answer has the header, of this very value; None: of any. `name` is in lower case."""

    name: str
    value: str | None

    def holds(self, answer: Answer) -> bool:
        """Whether the answer meets the condition."""
        found = answer.header(self.name)
        return found is not None and self.value in (None, found)

    def __str__(self) -> str:
        return f"header {self.name}" if self.value is None else f"header {self.name} is {self.value}"


@dataclass(frozen=True, slots=True)
class HeaderContains:
    """The header's value contains a text. `name` is in lower case."""

    name: str
    text: str

    def holds(self, answer: Answer) -> bool:
        """Whether the answer meets the condition."""
        return self.text in (answer.header(self.name) or "")

    def __str__(self) -> str:
        return f"header {self.name} contains {self.text}"


@dataclass(frozen=True, slots=True)
class BodyContains:
    """The kept part of the body contains a text, in UTF-8."""

    text: str

    def holds(self, answer: Answer) -> bool:
        """Whether the answer meets the condition."""
        return self.text.encode() in answer.body

    def __str__(self) -> str:
        return f"body contains {self.text}"


@dataclass(frozen=True, slots=True)
class BodyHolds:
    """The body is JSON with this value at a pointer (RFC 6901); None: any value but null."""

    pointer: str
    value: Scalar | None

    def holds(self, answer: Answer) -> bool:
        """Whether the answer meets the condition; a body that is not JSON, or was cut, never does."""
        try:
            found = at_pointer(orjson.loads(answer.body), self.pointer)
        except orjson.JSONDecodeError:
            return False
        if self.value is None:
            return found is not None
        return isinstance(found, bool) == isinstance(self.value, bool) and found == self.value

    def __str__(self) -> str:
        if self.value is None:
            return f"body has {self.pointer}"
        return f"body has {self.pointer} = {orjson.dumps(self.value).decode()}"


Condition = HeaderIs | HeaderContains | BodyContains | BodyHolds


@dataclass(frozen=True, slots=True)
class Rule:
    """A complete answer whose status lies in one of `statuses` and meets all conditions gets `verdict`."""

    statuses: tuple[StatusRange, ...]
    verdict: VerdictKind
    conditions: tuple[Condition, ...] = ()
    is_default: bool = False

    def matches(self, answer: Answer) -> bool:
        """Whether this rule decides on the answer."""
        for statuses in self.statuses:
            if statuses.first <= answer.status <= statuses.last:
                return all(condition.holds(answer) for condition in self.conditions)
        return False


def at_pointer(value: Json, pointer: str) -> Json:
    """What stands at a JSON pointer, None where nothing does."""
    for token in tokens(pointer):
        if isinstance(value, dict):
            value = value.get(token)
        elif isinstance(value, list):
            value = _item(value, token)
        else:
            return None
    return value


def tokens(pointer: str) -> Iterator[str]:
    """The reference tokens of a JSON pointer."""
    for token in pointer.split("/")[1:]:
        yield token.replace("~1", "/").replace("~0", "~")


def _item(values: list[Json], token: str) -> Json:
    index = int(token) if _INDEX.fullmatch(token) else len(values)
    return values[index] if index < len(values) else None


def kept_headers(rules: Sequence[Rule]) -> tuple[str, ...]:
    """The headers that the rules look at: an answer must bring them."""
    conditions = [condition for rule in rules for condition in rule.conditions]
    names = [found.name for found in conditions if isinstance(found, HeaderIs | HeaderContains)]
    return tuple(dict.fromkeys(names))


def never_decides(rules: Sequence[Rule], index: int) -> bool:
    """Whether earlier rules take every answer that the rule at `index` would match.

    An earlier rule takes an answer when it asks for the status and for no condition that this one
    does not ask for as well.
    """
    rule = rules[index]
    asked = set(map(str, rule.conditions))
    wider = [other for other in rules[:index] if asked.issuperset(map(str, other.conditions))]
    taken = [statuses for other in wider for statuses in other.statuses]
    return all(
        any(status in statuses for statuses in taken)
        for status in ALL_STATUSES
        if any(status in statuses for statuses in rule.statuses)
    )


def _default(verdict: VerdictKind, *statuses: int | tuple[int, int]) -> Rule:
    ranges = (StatusRange(*item) if isinstance(item, tuple) else StatusRange(item, item) for item in statuses)
    return Rule(tuple(ranges), verdict, is_default=True)


DEFAULT_RULES: Final = (
    _default(VerdictKind.ACCEPTED, (200, 299)),
    _default(VerdictKind.UNAUTHORISED, 401, 403),
    _default(VerdictKind.THROTTLED, 429),
    _default(VerdictKind.TRANSIENT, 408, 423),
    _default(VerdictKind.REFUSED, (300, 499), 501),
    _default(VerdictKind.TRANSIENT, (500, 599)),
)
"""The reference's classification (reference: 5.4), with redirects not followed."""
