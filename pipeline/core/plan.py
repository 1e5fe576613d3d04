"""The compiled plan: every mapping of the configuration, ready to run.

Made once at start-up. Whatever is wrong with any mapping is reported in one go, each mistake with
its place, so that nothing is left to fail on an event that could have been refused here.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pipeline.core.actions import ACTIONS, PRESETS, Action
from pipeline.core.candidates import Candidates
from pipeline.core.decode import Framing
from pipeline.core.event import Event, Json
from pipeline.core.javascript import Undefined
from pipeline.core.mapping import MappingError, compile_mapping, copies_of
from pipeline.core.plan_problem import PlanError, PlanProblem, nearest, path_of
from pipeline.core.trigger import Trigger, TriggerError, compile_trigger

__all__ = [
    "MAX_MAPPINGS",
    "CompiledMapping",
    "MappingDefinition",
    "Plan",
    "PlanError",
    "PlanProblem",
    "compile_plan",
    "preset_definitions",
]

MAX_MAPPINGS: Final = 50
"""Mappings that one destination may have, as in Segment (reference: 4.1)."""

_DIGEST_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class MappingDefinition:
    """One mapping as it was written.

    `fields` stand over the defaults of the action; a field that is None is cleared. `preset` is the
    name of the preset that `trigger` and `action` were taken from.
    """

    name: str
    trigger: str
    action: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    enabled: bool = True
    preset: str | None = None


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """One mapping ready to run. `template` is what `resolve` was compiled from.

    `resolve` raises MappingError for an event on which a directive cannot work. `copies` is how
    often a payload may hold its event at most. Requests of more than `max_body_bytes` are not made.
    """

    definition: MappingDefinition
    trigger: Trigger
    action: Action
    template: Mapping[str, Json]
    copies: float
    resolve: Callable[[Event], Json | Undefined] = field(repr=False)
    max_body_bytes: int | None = None

    @property
    def name(self) -> str:
        """The name that the audit tells."""
        return self.definition.name


@dataclass(frozen=True, slots=True)
class Plan:
    """All mappings in the order of the configuration, and how records are to be read.

    `digest` is the same for the same mappings, on every machine.
    """

    mappings: tuple[CompiledMapping, ...]
    framing: Framing
    digest: str
    _candidates: Candidates[CompiledMapping] = field(repr=False)

    def candidates(self, event: Event) -> tuple[CompiledMapping, ...]:
        """The enabled mappings whose trigger may match, in order: all others do not match."""
        return self._candidates.of(event)

    def enabled(self, name: str) -> CompiledMapping | None:
        """The enabled mapping of that name."""
        found = (mapping for mapping in self.mappings if mapping.name == name)
        return next((mapping for mapping in found if mapping.definition.enabled), None)


def preset_definitions() -> tuple[MappingDefinition, ...]:
    """The four presets: what runs without mappings of one's own."""
    return tuple(
        MappingDefinition(preset.name, preset.trigger, preset.action.key, preset=slug)
        for slug, preset in PRESETS.items()
    )


def compile_plan(
    definitions: Sequence[MappingDefinition],
    framing: Framing = Framing.NONE,
    max_body_bytes: int | None = None,
) -> Plan:
    """Compile all mappings. Raises PlanError with every problem of every mapping."""
    problems = _problems_of_all(definitions)
    compiled = tuple(_compile(index, definition, problems) for index, definition in enumerate(definitions))
    mappings = tuple(
        replace(mapping, max_body_bytes=max_body_bytes) for mapping in compiled if mapping is not None
    )
    if problems:
        raise PlanError(sorted(problems, key=lambda found: found.mapping))
    candidates = Candidates(
        (mapping, mapping.trigger.types, mapping.trigger.event_names)
        for mapping in mappings
        if mapping.definition.enabled
    )
    return Plan(mappings, framing, _digest(definitions), candidates)


def _problems_of_all(definitions: Sequence[MappingDefinition]) -> list[PlanProblem]:
    problems: list[PlanProblem] = []
    seen: dict[str, int] = {}
    for index, definition in enumerate(definitions):
        first = seen.setdefault(definition.name, index)
        if first != index:
            message = f"the name `{definition.name}` is already that of mapping {first + 1}"
            problems.append(
                PlanProblem(index, ("name",), message, "the audit tells mappings by name: choose another")
            )
    if len(definitions) > MAX_MAPPINGS:
        message = f"there are {len(definitions)} mappings, and at most {MAX_MAPPINGS} are allowed"
        problems.append(PlanProblem(MAX_MAPPINGS, (), message, "join mappings, or run a second pipeline"))
    return problems


def _compile(
    index: int, definition: MappingDefinition, problems: list[PlanProblem]
) -> CompiledMapping | None:
    """The compiled mapping, or None with its problems added to the list."""
    before = len(problems)
    trigger = _compile_trigger(index, definition.trigger, problems)
    action = ACTIONS.get(definition.action)
    if action is None:
        message = f"`{definition.action}` is no action"
        problems.append(PlanProblem(index, ("action",), message, nearest(definition.action, ACTIONS)))
        action, template = None, dict(definition.fields)
    else:
        template = _template(index, action, definition.fields, problems)
    resolve = _compile_template(index, template, problems)
    if trigger is None or action is None or resolve is None or len(problems) > before:
        return None
    return CompiledMapping(definition, trigger, action, template, copies_of(template), resolve)


def _compile_trigger(index: int, text: str, problems: list[PlanProblem]) -> Trigger | None:
    try:
        return compile_trigger(text)
    except TriggerError as error:
        place = (error.line, error.column)
        problems.append(PlanProblem(index, ("trigger",), error.problem, error.hint, *place))
        return None


def _template(
    index: int, action: Action, fields: Mapping[str, Json], problems: list[PlanProblem]
) -> dict[str, Json]:
    """The action's defaults with the user's fields over them, in the order of the action."""
    known = [known.key for known in action.fields]
    for key in fields:
        if key not in known:
            message = f"the action `{action.key}` has no field `{key}`"
            problems.append(PlanProblem(index, ("fields", key), message, nearest(key, known)))
    merged = {**action.default_mapping, **fields}
    return {key: merged[key] for key in known if merged.get(key) is not None}


def _compile_template(
    index: int, template: dict[str, Json], problems: list[PlanProblem]
) -> Callable[[Event], Json | Undefined] | None:
    try:
        return compile_mapping(template).payload
    except MappingError as error:
        for found in error.problems:
            path = ("fields", *path_of(found.pointer, template))
            problems.append(PlanProblem(index, path, found.message, found.hint))
        return None


def _digest(definitions: Sequence[MappingDefinition]) -> str:
    what = [
        [mapping.name, mapping.trigger, mapping.action, dict(mapping.fields), mapping.enabled]
        for mapping in definitions
    ]
    text = json.dumps(what, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
