"""The sections `mappings` and `decode`: which events are sent, as what."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from pipeline.config.section import Section
from pipeline.config.values import Flag, Kind, Word, mistake, one_of

FRAMINGS: Final = ("none", "confluent")


def _fields(value: object) -> object:
    if not isinstance(value, dict):
        raise mistake("is no group of fields", "write fields below it, such as `userId: …`")
    return value


Template = Annotated[
    dict[str, Any],
    BeforeValidator(_fields),
    WithJsonSchema({"type": "object"}),
    Kind("fields of the action and their directives"),
]


class Decode(Section):
    """How the bytes of a record become an event."""

    framing: Annotated[Literal["none", "confluent"], BeforeValidator(one_of(*FRAMINGS))] = Field(
        default="none",
        description="`confluent` takes off the five bytes that a Schema Registry serializer puts before "
        "each value.",
        examples=["confluent"],
    )


class PresetMapping(Section):
    """One of Segment's presets, with fields of your own over its defaults."""

    preset: Word = Field(
        description="`track-calls`, `page-calls`, `group-calls` or `identify-calls`.",
        examples=["identify-calls"],
    )
    name: Word | None = Field(
        default=None,
        description="The mapping's name in the audit; absent: the preset's own.",
        examples=["Identify"],
    )
    fields: Template = Field(
        default_factory=dict,
        description="Fields over the defaults of the preset's action; null clears one.",
        examples=[{"userId": {"@path": "$.traits.customer_id"}}],
    )
    enabled: Flag = Field(
        default=True, description="`false` keeps the mapping in the file and out of use.", examples=[False]
    )


class OwnMapping(Section):
    """A mapping with a trigger of your own."""

    name: Word = Field(
        description="The mapping's name in the audit; no two may be the same.", examples=["Orders"]
    )
    trigger: Word = Field(
        description="Which events it takes, in Segment's query language.",
        examples=['type = "track" and event = "Order Completed"'],
    )
    action: Word = Field(
        description="What is sent: `logEvent`, `page`, `identify` or `group`.", examples=["logEvent"]
    )
    fields: Template = Field(
        default_factory=dict,
        description="Fields over the action's defaults; null clears one.",
        examples=[{"event": {"@template": "order-{{properties.currency}}"}}],
    )
    enabled: Flag = Field(
        default=True, description="`false` keeps the mapping in the file and out of use.", examples=[False]
    )


def _mapping_form(value: object) -> str | None:
    if isinstance(value, dict):
        return "<PresetMapping>" if "preset" in value else "<OwnMapping>"
    if isinstance(value, PresetMapping):
        return "<PresetMapping>"
    return "<OwnMapping>" if isinstance(value, OwnMapping) else None


Mapping = PresetMapping | OwnMapping
"""One entry of `mappings`."""

WrittenMapping = Annotated[
    Annotated[PresetMapping, Tag("<PresetMapping>")] | Annotated[OwnMapping, Tag("<OwnMapping>")],
    Discriminator(
        _mapping_form,
        custom_error_type="mistake",
        custom_error_message="is no mapping",
        custom_error_context={
            "message": "is no mapping",
            "hint": "write `- preset: …`, or `- name: …` with `trigger` and `action` below it",
        },
    ),
]
"""An entry as the file writes it. The tags choose the model; they are no part of an error's path."""
