"""`explain` for people: each stage's decision, each field's origin, the request."""

import json
from collections.abc import Iterator
from typing import Final

from pipeline.cli.explain_json import METHOD, Request
from pipeline.core.event import Json
from pipeline.core.explain import Explanation, FieldTrace, MappingTrace
from pipeline.core.javascript import Undefined
from pipeline.core.javascript_json import json_text
from pipeline.core.outcome import Decision, Deliverable, EventSummary, Filtered, Rejected, Stage
from pipeline.core.reasons import REASONS

_LONGEST_VALUE: Final = 60
_MARGIN: Final = 12


def lines(explanation: Explanation, request: Request) -> Iterator[str]:
    """The explanation of one record, line by line, safe to print on any terminal."""
    for line in _lines(explanation, request):
        yield printable(line)


def printable(text: str) -> str:
    """The text with whatever a terminal may act on, or cannot write, escaped as in JSON."""
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _lines(explanation: Explanation, request: Request) -> Iterator[str]:
    first = explanation.decided.parts[0]
    if explanation.event is None:
        yield from _ending(Stage.DECODE, first)
        return
    yield _row(Stage.DECODE, _summary(explanation.decided.summary))
    stage = str(Stage.TRIGGER)
    for trace in explanation.mappings:
        yield _row(stage, f"{trace.name}: {trace.why_not or 'matches'}")
        yield from _conditions(trace)
        stage = ""
    if isinstance(first, Filtered):
        yield from _ending(stage, first)
    for trace in explanation.mappings:
        if trace.decision is not None:
            yield from _part(trace, request)


def _row(label: str, text: str) -> str:
    return f"{label:<{_MARGIN}}{text}"


def _ending(label: str, decision: Decision) -> Iterator[str]:
    """How an event ends, and what a person can do about it."""
    match decision:
        case Filtered(reason, detail):
            yield _row(label, f"filtered: {reason}: {detail}")
            yield _row("", f"  {REASONS[reason].advice}")
        case Rejected(_, reason, detail):
            yield _row(label, f"rejected: {reason}: {detail}")
            yield _row("", f"  {REASONS[reason].advice}")
        case Deliverable():
            yield _row(label, "valid")


def _summary(summary: EventSummary) -> str:
    name = "" if summary.event_name is None else f" {_shown(summary.event_name)}"
    told = (("messageId", summary.message_id), ("timestamp", summary.timestamp))
    return f"{summary.type}{name}, " + ", ".join(f"{key} {value or 'missing'}" for key, value in told)


def _conditions(trace: MappingTrace) -> Iterator[str]:
    for condition in trace.conditions:
        yield _row("", f"  {condition.text} is false: the event has {_shown(condition.found)}")


def _part(trace: MappingTrace, request: Request) -> Iterator[str]:
    yield _row(Stage.MAP, f"{trace.name} → {trace.action}")
    yield from _table([_cells(field) for field in trace.fields])
    decision = trace.decision
    if decision is None:
        return
    is_at_map = isinstance(decision, Rejected) and decision.stage is Stage.MAP
    yield from _ending("" if is_at_map else Stage.VALIDATE, decision)
    if isinstance(decision, Deliverable):
        yield from _request(decision.body, request)


def _cells(field: FieldTrace) -> tuple[str, str, str, str]:
    if field.problem is not None:
        value = f"failed: {field.problem}"
    elif isinstance(field.value, Undefined):
        value = "nothing"
    else:
        value = _shown(field.value)
    template = "" if field.template is None else _shown(field.template)
    return field.key, value, field.origin, template


def _table(rows: list[tuple[str, str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for key, value, origin, template in rows:
        cells = f"{key:<{widths[0]}}  {value:<{widths[1]}}  {origin:<{widths[2]}}  {template}"
        yield _row("", f"  {cells.rstrip()}")


def _shown(value: Json) -> str:
    written = str(json_text(value))
    return written if len(written) <= _LONGEST_VALUE else written[: _LONGEST_VALUE - 1] + "…"


def _request(body: bytes, request: Request) -> Iterator[str]:
    yield _row("request", f"{METHOD} {request.url}")
    for name, value in request.headers.items():
        yield _row("", f"{name}: {value}")
    yield ""
    for line in json.dumps(json.loads(body), indent=2, ensure_ascii=False).split("\n"):
        yield _row("", line)
