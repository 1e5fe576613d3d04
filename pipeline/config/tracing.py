"""The section `tracing`: where traces of events go, and of how many."""

from importlib.util import find_spec
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from pipeline.config.section import Section
from pipeline.config.values import Kind, Name, Ratio, as_text

OFF: Final = "off"
MISSING: Final = "needs packages that are not installed here"
INSTALL: Final = "pip install 'kameleoon-pipeline[tracing]', or '.[tracing]' in a checkout"


class Tracing(Section):
    """Traces of events by OpenTelemetry."""

    endpoint: Annotated[
        str, BeforeValidator(as_text), WithJsonSchema({"type": "string"}), Kind("URL or off")
    ] = Field(
        default=OFF,
        description="Where the collector takes traces, by OTLP over HTTP; `off`: nothing is traced. Needs "
        "the extra `tracing`; see [Traces](running.md#traces).",
        examples=["http://localhost:4318/v1/traces"],
    )
    sample_ratio: Ratio = Field(
        default=0.01,
        ge=0,
        le=1,
        description="The share of the events that is traced, of those that bring no `traceparent`: that one "
        "decides for its own.",
        examples=[0.1],
    )
    service_name: Name = Field(
        default="kameleoon-pipeline",
        description="What the traces name this pipeline: `service.name`.",
        examples=["shop-pipeline"],
    )

    @property
    def is_on(self) -> bool:
        """Whether anything is to be traced."""
        return self.endpoint != OFF


def is_installed() -> bool:
    """Whether the packages are there that traces need."""
    try:
        return all(map(find_spec, ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")))
    except ModuleNotFoundError:
        return False
