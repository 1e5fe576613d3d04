"""The list `delivery.verdicts`: what an answer means, where the defaults do not fit."""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from pipeline.config.json_values import json_value
from pipeline.config.report import Report
from pipeline.config.scalar import Text, quoted
from pipeline.config.section import Section
from pipeline.config.values import VARIABLE_PATTERN, Kind, Word, as_text, mistake, one_of
from pipeline.core.verdict_rules import (
    ALL_STATUSES,
    DEFAULT_RULES,
    BodyContains,
    BodyHolds,
    Condition,
    HeaderContains,
    HeaderIs,
    Rule,
    Scalar,
    StatusRange,
    VerdictKind,
    never_decides,
)

MOST_RULES: Final = 100
MOST_CONDITIONS: Final = 20

_FIRST_STATUS: Final = 200
_LAST_STATUS: Final = 599
_STATUS_HINT: Final = "write one status or several, from 200 to 599: `429`, `4xx`, `500-503`, `[408, 5xx]`"
_STATUS: Final = re.compile(r"([2-5])xx|([2-5][0-9]{2})(?:-([2-5][0-9]{2}))?", re.ASCII | re.IGNORECASE)
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_POINTER: Final = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_ANY_STATUS: Final = (StatusRange(ALL_STATUSES[0], ALL_STATUSES[-1]),)


def listed(value: object) -> object:
    """The entries of a list; anything else is told how a list is written."""
    if isinstance(value, list | tuple):
        return value
    raise mistake("is no list", "write its entries below it, each with a hyphen")


def _statuses(value: object) -> object:
    if not isinstance(value, list | tuple):
        text = str(as_text(value))
        return tuple(_status(part.strip(), quoted(value)) for part in text.split(","))
    if not value:
        raise mistake("holds no status", _STATUS_HINT)
    return tuple(
        part if isinstance(part, StatusRange) else _status(str(as_text(part)), quoted(part)) for part in value
    )


def _status(text: str, shown: str) -> StatusRange:
    found = _STATUS.fullmatch(text)
    if found is None:
        raise mistake(f"{shown} is no status of an answer", _STATUS_HINT)
    if found[1]:
        return StatusRange(int(found[1]) * 100, int(found[1]) * 100 + 99)
    first, last = int(found[2]), int(found[3] or found[2])
    if last < first:
        raise mistake(f"{shown} ends before it begins", "write the lower status first")
    return StatusRange(first, last)


def _header_name(value: object) -> object:
    text = as_text(value)
    if isinstance(text, str) and not _HEADER_NAME.fullmatch(text):
        raise mistake(f"{quoted(value)} is no name of a header", "write the name alone, such as `x-result`")
    return text.lower() if isinstance(text, str) else text


def _pointer(value: object) -> object:
    text = as_text(value)
    if isinstance(text, str) and not _POINTER.fullmatch(text):
        raise mistake(
            f"{quoted(value)} is no JSON pointer",
            "begin each step with a slash: `/error/code`, `/results/0/ok`; `~1` writes a slash in a key",
        )
    return text


def _scalar(value: object) -> object:
    """A JSON text, number or truth value, read as under `fields`: `5` is a number, `"5"` is text."""
    if not isinstance(value, Text):
        return as_text(value)
    scratch = Report("")
    read = json_value(value, (), scratch)
    for problem in scratch.problems:
        raise mistake(problem.message, problem.hint)
    return read


Statuses = Annotated[
    tuple[StatusRange, ...],
    BeforeValidator(_statuses),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": _FIRST_STATUS, "maximum": _LAST_STATUS},
                {"type": "string"},
                {"type": "array", "items": {"type": ["integer", "string"]}, "minItems": 1},
            ]
        }
    ),
    Kind("statuses, several with commas or as a list"),
]
Pointer = Annotated[
    str,
    BeforeValidator(_pointer),
    WithJsonSchema({"type": "string", "pattern": f"^/|{VARIABLE_PATTERN}"}),
    Kind("JSON pointer"),
]


class HeaderCondition(Section):
    """A header that the answer must have."""

    name: Annotated[
        str, BeforeValidator(_header_name), WithJsonSchema({"type": "string"}), Kind("name of a header")
    ] = Field(description="The header, in upper or lower case.", examples=["x-result"])
    equals: Word | None = Field(
        default=None, description="Its whole value; absent: any.", examples=["rejected"]
    )
    contains: Word | None = Field(default=None, description="A part of its value.", examples=["quota"])

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.equals is not None and self.contains is not None:
            raise mistake("asks for a whole value and for a part of it", "delete `equals` or `contains`")
        return self

    def compiled(self) -> Condition:
        """The condition as the core has it."""
        if self.contains is not None:
            return HeaderContains(self.name, self.contains)
        return HeaderIs(self.name, self.equals)


class BodyCondition(Section):
    """Something that the answer's body must hold; of a body its first 64 KiB are looked at."""

    contains: Word | None = Field(
        default=None, description="A text anywhere in the body.", examples=["quota exceeded"]
    )
    pointer: Pointer | None = Field(
        default=None,
        description="A place in a JSON body (RFC 6901). Without `equals`: anything but null stands there.",
        examples=["/ok"],
    )
    equals: Annotated[
        Scalar | None,
        BeforeValidator(_scalar),
        WithJsonSchema({"type": ["string", "number", "boolean"]}),
        Kind("text, number, true or false"),
    ] = Field(
        default=None,
        description='What stands there: `5` and `false` are a number and a truth value, `"5"` is text.',
        examples=["false"],
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.contains is None) == (self.pointer is None):
            raise mistake(
                "must ask for one thing", "write `contains: …`, or `pointer: …` with or without `equals`"
            )
        if self.equals is not None and self.pointer is None:
            raise mistake("has an `equals` without a `pointer`", "add `pointer: …`, or delete `equals`")
        return self

    def compiled(self) -> Condition:
        """The condition as the core has it."""
        if self.pointer is not None:
            return BodyHolds(self.pointer, self.equals)
        return BodyContains(self.contains or "")


class VerdictRule(Section):
    """What one kind of answer means."""

    status: Statuses = Field(
        default=_ANY_STATUS,
        description="The statuses of the answer; absent: any.",
        examples=["4xx", "[429, 500-503]"],
        json_schema_extra={"x-default": "any"},
    )
    headers: Annotated[tuple[HeaderCondition, ...], BeforeValidator(listed)] = Field(
        default_factory=tuple,
        max_length=MOST_CONDITIONS,
        description="Headers that the answer must have, all of them.",
    )
    body: Annotated[tuple[BodyCondition, ...], BeforeValidator(listed)] = Field(
        default_factory=tuple,
        max_length=MOST_CONDITIONS,
        description="What the answer's body must hold, all of it.",
    )
    verdict: Annotated[
        Literal["accepted", "refused", "throttled", "transient", "unauthorised"],
        BeforeValidator(one_of(*VerdictKind)),
    ] = Field(
        description="`accepted` delivers; `refused` fails the event; `throttled` slows all requests down; "
        "`transient` tries again; `unauthorised` holds everything until the key is taken.",
        examples=["transient"],
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.status == _ANY_STATUS and not self.headers and not self.body:
            raise mistake("takes every answer", "add `status`, `headers` or `body`")
        return self

    def compiled(self) -> Rule:
        """The rule as the core has it."""
        headers = (header.compiled() for header in self.headers)
        body = (condition.compiled() for condition in self.body)
        return Rule(self.status, VerdictKind(self.verdict), (*headers, *body))


def rule_table(written: tuple[VerdictRule, ...]) -> tuple[Rule, ...]:
    """The whole table: the configuration's own rules in their order, then the defaults."""
    return (*(rule.compiled() for rule in written), *DEFAULT_RULES)


def check_verdicts(written: tuple[VerdictRule, ...], report: Report) -> None:
    """Warn of rules that can never decide, because those before them take all they would take."""
    rules = rule_table(written)[: len(written)]
    for index in _idle(rules):
        hint = "move it before the wider rule, or delete it; `explain --rules` prints the order"
        report.warning(("delivery", "verdicts", index), "never decides: earlier rules take its answers", hint)


def _idle(rules: tuple[Rule, ...]) -> Iterator[int]:
    return (index for index in range(len(rules)) if never_decides(rules, index))
