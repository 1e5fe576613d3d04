"""What validation says: a valid payload, or every problem of it with its text.

The texts are the reference's (3.4). They name labels, fields and kinds, never values.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.core.event import Json
from pipeline.core.value import value_class

Trail = tuple[str | int, ...]
"""The keys and indices that lead to a value; empty for the payload itself."""


class ProblemCode(StrEnum):
    """What kind of rule a payload breaks."""

    MISSING = "missing"
    CONDITION = "condition"
    TYPE = "type"
    FORMAT = "format"
    CHOICE = "choice"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class PayloadProblem:
    """One broken rule: where (`$.a[0]` and `/a/0`), in words, and which field is at fault.

    `field` is the missing field itself, or the last key on the way to the value; empty for
    the payload as a whole.
    """

    path: str
    pointer: str
    message: str
    field: str
    code: ProblemCode


@value_class
class Valid:
    """A payload with its coercions done. It shares the parts that nothing constrains."""

    payload: dict[str, Json] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Invalid:
    """At least one problem, in the reference's order."""

    problems: tuple[PayloadProblem, ...]

    @property
    def message(self) -> str:
        """All texts in one line, as the reference joins them."""
        return " ".join(problem.message for problem in self.problems)


def problem(
    trail: Trail, title: str | None, says: str, code: ProblemCode, field: str | None = None
) -> PayloadProblem:
    """A problem whose text is its subject, then what is said of it, as one sentence."""
    pointer = "".join(f"/{step}" for step in trail)
    path = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in trail)
    subject = title or (f"The value at {pointer}" if trail else "The root value")
    keys = [step for step in trail if isinstance(step, str)]
    at_fault = field if field is not None else (keys[-1] if keys else "")
    return PayloadProblem(path, pointer, f"{subject} {says}.", at_fault, code)
