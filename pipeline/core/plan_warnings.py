"""What a plan allows and its author will hardly want."""

from collections.abc import Iterator

from pipeline.core.actions.fields import VISITOR_CODE
from pipeline.core.event import EVENT_TYPES, Json
from pipeline.core.plan import CompiledMapping, Plan
from pipeline.core.plan_problem import PlanProblem
from pipeline.core.trigger.errors import quoted, shown
from pipeline.core.trigger_reading import unknown_types


def plan_warnings(plan: Plan) -> tuple[PlanProblem, ...]:
    """Every warning, in the order of the mappings. A warning does not keep a plan from running."""
    enabled = [(index, found) for index, found in enumerate(plan.mappings) if found.definition.enabled]
    if not enabled:
        message = "no mapping is enabled: every event ends as filtered"
        return (PlanProblem(0, ("enabled",) if plan.mappings else (), message, "enable one"),)
    return tuple(warning for index, mapping in enabled for warning in _warnings_of(index, mapping))


def _warnings_of(index: int, mapping: CompiledMapping) -> Iterator[PlanProblem]:
    for message, hint in _oddities_of_the_trigger(mapping):
        yield PlanProblem(index, ("trigger",), message, hint)
    erased = _why_visitor_code_is_erased(mapping)
    if erased:
        yield PlanProblem(index, ("fields", VISITOR_CODE), *erased)
    for field in mapping.action.fields:
        if field.required and field.key not in mapping.template:
            message = f"the action requires `{field.key}`: every event of this mapping would be rejected"
            yield PlanProblem(
                index, ("fields", field.key), message, "leave the field out to keep its default"
            )


def _oddities_of_the_trigger(mapping: CompiledMapping) -> Iterator[tuple[str, str]]:
    unknown = unknown_types(mapping.trigger.text)
    for text in unknown:
        meant = text.strip().lower()
        known = ", ".join(sorted(EVENT_TYPES))
        hint = f"write {quoted(meant)}" if meant in EVENT_TYPES else f"types are {known}"
        yield f"no event has the type {shown(text)}", hint
    if _takes_nothing(mapping) and not unknown:
        yield "the trigger can match no event", "see that its conditions do not contradict each other"


def _takes_nothing(mapping: CompiledMapping) -> bool:
    names = mapping.trigger.event_names
    return not mapping.trigger.types or (names is not None and not names)


def _why_visitor_code_is_erased(mapping: CompiledMapping) -> tuple[str, str] | None:
    """Message and hint where the request loses a visitor code of the properties (reference: 6.5)."""
    if "properties" not in mapping.template:
        return None
    if VISITOR_CODE not in mapping.template:
        message = f"without `{VISITOR_CODE}` a visitor code that stands in the properties is not sent"
        return message, "leave the field out to keep the action's default, or map it"
    source = _source_of_own_properties(mapping)
    if source is None or VISITOR_CODE in mapping.definition.fields:
        return None
    wanted = f"{source}.{VISITOR_CODE}"
    if any(text.removeprefix("$.") == wanted for text in _texts(mapping.template[VISITOR_CODE])):
        return None
    message = f"`properties` come from `{source}`, but `{VISITOR_CODE}` is not read there: it is not sent"
    return message, f'add `{VISITOR_CODE}: {{"@path": "$.{wanted}"}}`'


def _source_of_own_properties(mapping: CompiledMapping) -> str | None:
    """The path that the user's `properties` are taken from whole, if that is what they are."""
    own = mapping.definition.fields.get("properties")
    path = own.get("@path") if isinstance(own, dict) else None
    return path.removeprefix("$.") if isinstance(path, str) else None


def _texts(template: Json) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, dict):
        for member in template.values():
            yield from _texts(member)
