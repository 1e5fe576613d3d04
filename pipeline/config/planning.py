"""From the sections `mappings` and `decode` to the compiled plan; its mistakes get the file's places."""

from collections.abc import Sequence

from pipeline.config.mappings import Decode, Mapping, OwnMapping
from pipeline.config.problem import Path
from pipeline.config.report import Place, Report
from pipeline.config.scalar import Text, quoted
from pipeline.config.tree import Data, value_at
from pipeline.core.actions import PRESETS
from pipeline.core.decode import Framing
from pipeline.core.plan import MappingDefinition, Plan, PlanError, compile_plan, preset_definitions
from pipeline.core.plan_problem import PlanProblem, nearest
from pipeline.core.plan_warnings import plan_warnings


def make_plan(
    entries: Sequence[Mapping | None] | None,
    decode: Decode,
    max_body_bytes: int | None,
    data: Data,
    report: Report,
) -> Plan | None:
    """The plan, or None with every mistake in the report. Without entries the four presets run."""
    framing = Framing(decode.framing)
    if entries is None:
        return compile_plan(preset_definitions(), framing, max_body_bytes)
    places = _Places(data, report)
    try:
        plan = compile_plan(
            [_definition(index, entry, data, report) for index, entry in enumerate(entries)],
            framing,
            max_body_bytes,
        )
    except PlanError as error:
        for problem in error.problems:
            report.error(*places.explain(problem))
        return None
    for warning in plan_warnings(plan) if entries else ():
        report.warning(*places.explain(warning))
    return plan


def _definition(index: int, entry: Mapping | None, data: Data, report: Report) -> MappingDefinition:
    if isinstance(entry, OwnMapping):
        return MappingDefinition(entry.name, entry.trigger, entry.action, entry.fields, entry.enabled)
    preset = PRESETS.get(entry.preset) if entry is not None else None
    if entry is None or preset is None:
        if entry is not None:
            hint = nearest(entry.preset, PRESETS)
            path: Path = ("mappings", index, "preset")
            report.error(path, f"{quoted(value_at(data, path))} is no preset", hint)
        return _stand_in(index)
    return MappingDefinition(
        entry.name or preset.name,
        preset.trigger,
        preset.action.key,
        entry.fields,
        entry.enabled,
        entry.preset,
    )


def _stand_in(index: int) -> MappingDefinition:
    """Keeps the place of an entry that has no meaning, so that the others can be checked."""
    preset = next(iter(PRESETS.values()))
    return MappingDefinition(f"\0{index}", preset.trigger, preset.action.key)


class _Places:
    """Translates the plan's places into the file's."""

    def __init__(self, data: Data, report: Report) -> None:
        self._data = data
        self._report = report

    def explain(self, problem: PlanProblem) -> tuple[Path, str, str, Place | None]:
        """Path, message, hint and place for the report; nothing that a variable holds."""
        path: Path = ("mappings", problem.mapping, *problem.path)
        message, hint = problem.message, problem.hint
        for text in self._report.filled_in_at(path):
            if text.is_told_in(f"{message} {hint}"):
                message, hint = (
                    f"{quoted(text)} does not fit here",
                    "write it out in its place to be told why",
                )
        return path, message, hint, self._place(path, problem)

    def _place(self, path: Path, problem: PlanProblem) -> Place | None:
        text = value_at(self._data, path)
        if isinstance(text, Text) and problem.line is not None and problem.column is not None:
            return text.place(problem.line, problem.column)
        return self._report.keys.get(path) if problem.path[:1] == ("fields",) else None
