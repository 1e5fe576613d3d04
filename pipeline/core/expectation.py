"""What a test of the configuration expects of one event, and how what came differs from it.

A mismatch holds values of the event: it is for the person whose configuration it is.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, assert_never

from pipeline.core.audit_record import OutcomeKind
from pipeline.core.decode import Framing
from pipeline.core.event import Json
from pipeline.core.explain import Explanation, explain
from pipeline.core.javascript_json import json_text
from pipeline.core.json_difference import Difference, differences
from pipeline.core.outcome import Decision, Deliverable, Filtered, Reason, Rejected, Stage
from pipeline.core.plan import Plan
from pipeline.core.reasons import REASONS

_DECIDING: Final = (Stage.DECODE, Stage.TRIGGER, Stage.MAP, Stage.VALIDATE)
_NOT_OF_A_TEST: Final = (
    Reason.NULL_RECORD,
    Reason.FRAMING_MISSING,
    Reason.MAPPING_UNKNOWN,
    Reason.NO_MAPPING_LEFT,
    Reason.TOO_MANY_EVENT_NAMES,
)
"""These need a record, a replay, a restart or other events."""


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON body of a request, whole or in part."""

    value: Json
    is_part: bool


@dataclass(frozen=True, slots=True)
class TakenBy:
    """One mapping makes a request of the event, whatever the others do."""

    mapping: str
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class TakenByThese:
    """Some mappings make a request of the event each, and no other does."""

    mappings: frozenset[str]


@dataclass(frozen=True, slots=True)
class EndsAs:
    """No mapping takes the event, or it is rejected by one at least; None is any reason."""

    outcome: OutcomeKind
    reason: Reason | None = None


Expectation = TakenBy | TakenByThese | EndsAs


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What was expected and what came, in words; of bodies, each place where they differ."""

    expected: str
    came: str
    differences: tuple[Difference, ...] = ()


def reasons_of(outcome: OutcomeKind) -> tuple[Reason, ...]:
    """The reasons for which an event can end so before anything is sent."""
    decided = {
        code for code, entry in REASONS.items() if entry.outcome is outcome and entry.stage in _DECIDING
    }
    if outcome is OutcomeKind.REJECTED:
        decided.add(Reason.REQUEST_TOO_LARGE)  # its entry tells of Kameleoon's answer
    return tuple(code for code in REASONS if code in decided and code not in _NOT_OF_A_TEST)


def mismatch(plan: Plan, value: bytes, expected: Expectation) -> Mismatch | None:
    """How an event's end differs from what was expected, or None. The event is JSON, without a frame."""
    found = explain(replace(plan, framing=Framing.NONE), value)
    parts = found.decided.parts
    match expected:
        case TakenBy(mapping, body):
            return _taken_by(mapping, body, found)
        case TakenByThese(mappings):
            takers = {part.mapping for part in parts if isinstance(part, Deliverable)}
            words = f"taken by {_listed(sorted(mappings))} and no other mapping"
            return None if takers == mappings else Mismatch(words, _told(parts))
        case EndsAs(outcome, reason):
            words = str(outcome) if reason is None else f"{outcome}: {reason}"
            is_met = any(_ends_as(part, outcome, reason) for part in parts)
            return None if is_met else Mismatch(words, _told(parts))
        case _:
            assert_never(expected)


def _ends_as(part: Decision, outcome: OutcomeKind, reason: Reason | None) -> bool:
    match part:
        case Deliverable():
            return False
        case Filtered():
            return outcome is OutcomeKind.FILTERED and reason in (None, part.reason)
        case Rejected():
            return outcome is OutcomeKind.REJECTED and reason in (None, part.reason)
        case _:
            assert_never(part)


def _taken_by(mapping: str, body: Body | None, found: Explanation) -> Mismatch | None:
    part = next((part for part in found.decided.parts if part.mapping == mapping), None)
    if not isinstance(part, Deliverable):
        why = "; ".join(_why_not(mapping, found)) or _told(found.decided.parts)
        return Mismatch(f"taken by `{mapping}`", why)
    if body is None:
        return None
    told = tuple(differences(body.value, json.loads(part.body), is_part=body.is_part))
    words = f"a body of `{mapping}` with these values" if body.is_part else f"this body of `{mapping}`"
    came = "another value" if len(told) == 1 else f"{len(told)} other values"
    return Mismatch(words, came, told) if told else None


def _why_not(mapping: str, found: Explanation) -> Iterator[str]:
    for trace in found.mappings:
        if trace.name == mapping and trace.why_not is not None:
            yield f"`{mapping}` does not take it: {trace.why_not}"
            for condition in trace.conditions:
                yield f"{condition.text} is false: the event has {json_text(condition.found)}"


def _told(parts: tuple[Decision, ...]) -> str:
    return "; ".join(map(_ending, parts))


def _ending(part: Decision) -> str:
    match part:
        case Deliverable():
            return f"taken by `{part.mapping}`"
        case Filtered():
            return f"filtered: {part.reason}: {part.detail}"
        case Rejected():
            by = "" if part.mapping is None else f" by `{part.mapping}`"
            return f"rejected{by}: {part.reason}: {part.detail}"
        case _:
            assert_never(part)


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
