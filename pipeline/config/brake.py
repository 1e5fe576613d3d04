"""`delivery.brake`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from pipeline.config.section import Section
from pipeline.config.values import Share, Whole


class Brake(Section):
    """When a worker holds because nearly everything goes wrong."""

    share: Share = Field(
        default=0.9,
        gt=0.0,
        le=1.0,
        description="So large a share of the last `of` outcomes that failed, or were rejected at map or "
        "validate, puts it on.",
        examples=[0.8],
    )
    of: Whole = Field(
        default=1000, ge=1, le=1_000_000, description="The outcomes that `share` looks at.", examples=[500]
    )
    in_a_row: Whole = Field(
        default=500,
        ge=1,
        le=1_000_000,
        description="So many in a row put it on as well.",
        examples=[100],
    )


class _OffSchema:
    """`brake` as the file writes it: the word `off`, or its keys."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        keys, _none = handler(core)["anyOf"]
        return {"anyOf": [{"const": "off"}, keys]}


BrakeOrOff = Annotated[
    Brake | None, BeforeValidator(lambda value: None if value == "off" else value), _OffSchema()
]
