"""`delivery.wire`: one event per request, or arrays of them."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Discriminator, Field, GetJsonSchemaHandler, Tag
from pydantic_core import CoreSchema

from pipeline.config.section import Section
from pipeline.config.values import Duration, Kind, Size, Whole

WIRE_KIND: Final = "`single`, or `array` with its keys"


class Single(Section):
    """One event per request, as Segment sends them."""


class Array(Section):
    """Several events per request, as a JSON array."""

    max_events: Whole = Field(
        default=100, ge=1, le=10_000, description="The most events in one request.", examples=[50]
    )
    max_bytes: Size = Field(
        default=1_000_000,
        ge=1024,
        le=100_000_000,
        description="The most bytes of one request; a single larger event goes alone.",
        examples=["500kB"],
    )
    linger_s: Duration = Field(
        default=0.05,
        alias="linger",
        ge=0.0,
        le=60.0,
        description="How long the first event of an array waits for others.",
        examples=["20ms"],
    )


def _wire_form(value: object) -> str | None:
    if isinstance(value, Single):
        return "single"
    if isinstance(value, Array):
        return "array"
    if isinstance(value, dict):
        return "array" if value.keys() == {"array"} else None
    return str(value) if value in ("single", "array") else None


def _inside(value: object) -> object:
    if isinstance(value, dict):
        inner = value["array"]
        return {} if inner is None else inner
    return {} if isinstance(value, str) else value


class _WireSchema:
    """`wire` as the file writes it: a word, or the key `array` with its own keys."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        _single, array = handler(core)["oneOf"]
        return {
            "anyOf": [
                {"enum": ["single", "array"]},
                {
                    "type": "object",
                    "properties": {"array": array},
                    "required": ["array"],
                    "additionalProperties": False,
                },
            ]
        }


Wire = Annotated[
    Annotated[Single, BeforeValidator(_inside), Tag("single")]
    | Annotated[Array, BeforeValidator(_inside), Tag("array")],
    Discriminator(
        _wire_form,
        custom_error_type="mistake",
        custom_error_message="is no way to send events",
        custom_error_context={
            "message": "is no way to send events",
            "hint": "write `single`, or `array:` with `max_events`, `max_bytes` and `linger` below it",
        },
    ),
    _WireSchema(),
    Kind(WIRE_KIND),
]
