"""One record's way through the pure stages, with every decision and where each value came from.

The decisions are those of `core/flow.py`; this module adds why. Its results hold values of the
event: they are for the person who asked, not for the audit.
"""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.decode import decode
from pipeline.core.event import Event, Json
from pipeline.core.flow import decide
from pipeline.core.integrations import why_blocked
from pipeline.core.javascript import UNDEFINED, Undefined
from pipeline.core.mapping import MappingError, compile_mapping
from pipeline.core.outcome import Decided, Decision, Rejected
from pipeline.core.plan import CompiledMapping, Plan
from pipeline.core.record import Record
from pipeline.core.trigger_reading import FalseCondition, false_conditions


class Origin(StrEnum):
    """Where the template of a field comes from."""

    DEFAULT = "action default"
    OWN = "own mapping"
    CLEARED = "cleared"
    NONE = "no default"


@dataclass(frozen=True, slots=True)
class FieldTrace:
    """One field of the action: its template, whence, and what it gave for this event.

    `value` is UNDEFINED where the template gave nothing; `problem` is set where it failed.
    """

    key: str
    origin: Origin
    template: Json
    value: Json | Undefined
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class MappingTrace:
    """One mapping and this event. `why_not` says why it does not take the event; else it does.

    `conditions` are those of the trigger that are false, where more than the type is at fault.
    `decision` and `fields` are there where the mapping takes the event.
    """

    name: str
    action: str
    trigger: str
    why_not: str | None
    conditions: tuple[FalseCondition, ...] = ()
    fields: tuple[FieldTrace, ...] = ()
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was decided, and why. `mappings` is empty where the event never came to them."""

    decided: Decided
    event: Event | None
    blocked: str | None
    mappings: tuple[MappingTrace, ...]


def explain(plan: Plan, value: bytes | None) -> Explanation:
    """Explain one record's value under a plan. Never raises, whatever its bytes."""
    decided = decide(plan, Record("", 0, 0, 0, None, value))
    event = decode(value, plan.framing)
    if isinstance(event, Rejected):
        return Explanation(decided, None, None, ())
    blocked = why_blocked(event)
    if blocked is not None:
        return Explanation(decided, event, blocked, ())
    decisions = {decision.mapping: decision for decision in decided.parts}
    mappings = tuple(_trace(mapping, event, decisions.get(mapping.name)) for mapping in plan.mappings)
    return Explanation(decided, event, None, mappings)


def _trace(mapping: CompiledMapping, event: Event, decision: Decision | None) -> MappingTrace:
    name, action, trigger = mapping.name, mapping.action.key, mapping.trigger
    if not mapping.definition.enabled:
        return MappingTrace(name, action, trigger.text, "the mapping is disabled")
    if decision is not None:
        return MappingTrace(name, action, trigger.text, None, (), _fields(mapping, event), decision)
    if event["type"] not in trigger.types:
        takes = ", ".join(sorted(trigger.types)) or "no events at all"
        return MappingTrace(name, action, trigger.text, f"its trigger takes {takes}, not {event['type']}")
    names = trigger.event_names
    has_other_name = names is not None and event.get("event") not in list(names)
    why_not = "its trigger takes other event names" if has_other_name else "its trigger is false"
    return MappingTrace(name, action, trigger.text, why_not, false_conditions(trigger.text, event))


def _fields(mapping: CompiledMapping, event: Event) -> tuple[FieldTrace, ...]:
    return tuple(_field(field.key, mapping, event) for field in mapping.action.fields)


def _field(key: str, mapping: CompiledMapping, event: Event) -> FieldTrace:
    own = mapping.definition.fields
    if key not in mapping.template:
        return FieldTrace(key, Origin.CLEARED if key in own else Origin.NONE, None, UNDEFINED)
    origin = Origin.OWN if key in own else Origin.DEFAULT
    template = mapping.template[key]
    try:
        resolved = compile_mapping({key: template}).payload(event)
    except MappingError as error:
        return FieldTrace(key, origin, template, UNDEFINED, str(error))
    value = resolved.get(key, UNDEFINED) if isinstance(resolved, dict) else UNDEFINED
    return FieldTrace(key, origin, template, value)
