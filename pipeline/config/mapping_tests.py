"""The section `tests`: events, and what the mappings must make of them. `check` runs them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from pipeline.config.files import resolve
from pipeline.config.problem import Path
from pipeline.config.report import Report
from pipeline.config.scalar import quoted
from pipeline.config.section import Section
from pipeline.config.tree import Data, value_at
from pipeline.config.values import FileName, Kind, Name, Word, as_text, mistake, one_of
from pipeline.config.verdicts import listed
from pipeline.core.audit_record import OutcomeKind
from pipeline.core.expectation import Body, EndsAs, Expectation, TakenBy, TakenByThese, reasons_of
from pipeline.core.outcome import Reason
from pipeline.core.plan import Plan
from pipeline.core.plan_problem import nearest

JSON_KEYS: Final[tuple[Path, ...]] = (("event",), ("expect", "body"), ("expect", "body_contains"))
"""Where a test holds JSON, typed as under `fields` of a mapping."""

_REASONS: Final = (*reasons_of(OutcomeKind.FILTERED), *reasons_of(OutcomeKind.REJECTED))


def _object(value: object) -> object:
    if not isinstance(value, dict):
        raise mistake("is no JSON object", 'write `{"key": "value"}`, or keys below it')
    return value


def _names(value: object) -> object:
    if value == []:
        raise mistake("names no mapping", "write `[NAME, NAME]`, or `outcome: filtered`")
    return listed(value)


def _reason(value: object) -> object:
    text = as_text(value)
    if isinstance(text, str) and text not in _REASONS:
        raise mistake(
            f"{quoted(value)} is no reason for which an event ends before it is sent", nearest(text, _REASONS)
        )
    return text


JsonObject = Annotated[
    dict[str, Any], BeforeValidator(_object), WithJsonSchema({"type": "object"}), Kind("JSON object")
]


class Expect(Section):
    """What must become of the event: `mapping`, `mappings` or `outcome`."""

    mapping: Word | None = Field(
        default=None,
        description="This mapping makes a request of it; the others may, too.",
        examples=["Orders"],
    )
    body: JsonObject | None = Field(
        default=None,
        description="With `mapping`: exactly the JSON body of its request.",
        examples=[{"event": "order-EUR", "messageId": "m1"}],
    )
    body_contains: JsonObject | None = Field(
        default=None,
        description="With `mapping`: a part of that body; objects in it may hold more, lists may not.",
        examples=[{"event": "order-EUR"}],
    )
    mappings: Annotated[tuple[Word, ...], BeforeValidator(_names), Kind("names of mappings")] | None = Field(
        default=None,
        min_length=1,
        description="These mappings make a request of it each, and no other does.",
        examples=[["Track Calls", "Orders"]],
    )
    outcome: (
        Annotated[Literal["filtered", "rejected"], BeforeValidator(one_of("filtered", "rejected"))] | None
    ) = Field(
        default=None,
        description="`filtered`: no mapping takes it; `rejected`: it cannot be read, or a mapping that "
        "takes it cannot make a request of it.",
        examples=["filtered"],
    )
    reason: (
        Annotated[
            str,
            BeforeValidator(_reason),
            WithJsonSchema({"enum": list(_REASONS)}),
            Kind("[reason code](reasons.md)"),
        ]
        | None
    ) = Field(default=None, description="With `outcome`: why.", examples=["no_mapping_matched"])

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [key for key in ("mapping", "mappings", "outcome") if getattr(self, key) is not None]
        if len(given) != 1:
            message = f"asks for {' and '.join(given)} at once" if given else "asks for nothing"
            raise mistake(
                message, "write one of `mapping: …`, `mappings: […]`, `outcome: filtered` or `rejected`"
            )
        if self.body is not None and self.body_contains is not None:
            raise mistake("asks for a whole body and for a part of it", "delete `body` or `body_contains`")
        has_body = self.body is not None or self.body_contains is not None
        if has_body and self.mapping is None:
            raise mistake(
                "asks for a body without its mapping", "add `mapping: …`: each has a body of its own"
            )
        if self.reason is not None and self.outcome is None:
            raise mistake("has a `reason` without an `outcome`", "add `outcome: …`, or delete `reason`")
        return self

    def compiled(self) -> Expectation:
        """The expectation as the core has it."""
        if self.outcome is not None:
            return EndsAs(OutcomeKind(self.outcome), None if self.reason is None else Reason(self.reason))
        if self.mapping is None:
            return TakenByThese(frozenset(self.mappings or ()))
        if self.body is not None:
            return TakenBy(self.mapping, Body(self.body, is_part=False))
        return TakenBy(
            self.mapping, None if self.body_contains is None else Body(self.body_contains, is_part=True)
        )


class MappingTest(Section):
    """One event, and what must become of it."""

    name: Name = Field(
        description="What `check` calls the test when it fails.", examples=["an order has its currency"]
    )
    event: JsonObject | None = Field(
        default=None,
        description="The event, as JSON; `decode.framing` does not count here.",
        examples=[{"type": "track", "event": "Order Completed"}],
    )
    event_file: FileName | None = Field(
        default=None,
        description="A file with the event, in place of `event`. Only `check` reads it.",
        examples=["events/order.json"],
    )
    expect: Expect = Field(description="What must become of it: `mapping`, `mappings` or `outcome`.")

    @model_validator(mode="after")
    def _has_one_event(self) -> Self:
        if (self.event is None) == (self.event_file is None):
            message = "has no event" if self.event is None else "has an event and a file with one"
            raise mistake(message, "write `event: {…}` or `event_file: …`")
        return self


@dataclass(frozen=True, slots=True)
class ConfiguredTest:
    """A test without mistakes, and where it stands. `event` is the event's JSON, or a file with it."""

    name: str
    event: bytes | FilePath
    expected: Expectation
    line: int
    column: int


def make_tests(
    entries: Sequence[MappingTest | None], plan: Plan, folder: FilePath, data: Data, report: Report
) -> tuple[ConfiguredTest, ...]:
    """The tests, ready to run; what they name and the plan does not have goes into the report."""
    made = []
    for index, entry in enumerate(entries):
        if entry is None:
            continue
        written = ("tests", index, "expect")
        for path, message, hint in _problems(entry.expect, plan):
            shown = quoted(value_at(data, (*written, *path)))
            report.error((*written, *path), message.format(shown), hint)
        event = resolve(entry.event_file, folder) if entry.event_file else json.dumps(entry.event).encode()
        made.append(
            ConfiguredTest(entry.name, event, entry.expect.compiled(), *report.place(("tests", index)))
        )
    return tuple(made)


def _problems(expect: Expect, plan: Plan) -> Iterator[tuple[Path, str, str]]:
    names = [mapping.name for mapping in plan.mappings]
    asked: list[tuple[Path, str]] = [
        (("mappings", at), name) for at, name in enumerate(expect.mappings or ())
    ]
    if expect.mapping is not None:
        asked.append((("mapping",), expect.mapping))
    for path, name in asked:
        if name not in names:
            yield path, "{} names no mapping", nearest(name, names)
    if expect.outcome is not None and expect.reason is not None:
        known = reasons_of(OutcomeKind(expect.outcome))
        if expect.reason not in known:
            message = f"no event is {expect.outcome} for the reason {{}}"
            yield ("reason",), message, nearest(expect.reason, known)
