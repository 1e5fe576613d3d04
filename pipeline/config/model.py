"""The whole configuration: as the file writes it, and as the rest of the pipeline reads it."""

import hashlib
import json
from dataclasses import dataclass, field

from pydantic import Field

from pipeline.config.admin import Admin
from pipeline.config.delivery import Audit, Delivery
from pipeline.config.kafka import Kafka
from pipeline.config.mapping_tests import ConfiguredTest, MappingTest
from pipeline.config.mappings import Decode, Mapping, WrittenMapping
from pipeline.config.problem import Problem
from pipeline.config.section import Section
from pipeline.config.tracing import Tracing
from pipeline.config.values import FileName, Secret, Word
from pipeline.core.credentials import Credentials
from pipeline.core.plan import MAX_MAPPINGS, Plan


class Destination(Section):
    """Your Kameleoon project and the key to it."""

    api_key: Secret = Field(
        description="The API key that Kameleoon shows for its Segment integration.",
        examples=["${KAMELEOON_API_KEY}"],
    )
    api_key_file: FileName | None = Field(
        default=None,
        description="A file that holds the API key, in place of `api_key`.",
        examples=["/run/secrets/kameleoon-api-key"],
    )
    sitecode: Word = Field(
        description="The ten characters that name your Kameleoon project.", examples=["0123456789"]
    )


class File(Section):
    """Configuration of kameleoon-pipeline."""

    destination: Destination = Field(description="Your Kameleoon project and the key to it.")
    kafka: Kafka = Field(description="The brokers, the consumer group and the topics.")
    decode: Decode = Field(default_factory=Decode, description="How the bytes of a record become an event.")
    mappings: tuple[WrittenMapping, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_MAPPINGS,
        description="Which events are sent, as what; absent: the four presets.",
    )
    tests: tuple[MappingTest, ...] | None = Field(
        default=None,
        min_length=1,
        description="Events, and what the mappings must make of them. `check` runs them, a worker does not; "
        "see [Test your mappings](mappings.md#test-your-mappings).",
    )
    delivery: Delivery = Field(default_factory=Delivery, description="How events are sent to Kameleoon.")
    audit: Audit = Field(default_factory=Audit, description="How what became of each event is recorded.")
    admin: Admin = Field(default_factory=Admin, description="Where a worker shows its metrics and health.")
    tracing: Tracing = Field(default_factory=Tracing, description="Traces of events by OpenTelemetry.")


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration without mistakes. Its secrets print as stars.

    `mappings` is as written, None where the file has none; `plan` is what runs, compiled. `tests`
    are ready for `check`: nothing else looks at them.
    """

    destination: Destination
    kafka: Kafka
    decode: Decode
    mappings: tuple[Mapping, ...] | None
    delivery: Delivery
    audit: Audit
    admin: Admin
    tracing: Tracing
    plan: Plan = field(repr=False)
    file: str
    tests: tuple[ConfiguredTest, ...] = field(default=(), repr=False)
    warnings: tuple[Problem, ...] = field(default=(), repr=False)

    @property
    def digest(self) -> str:
        """Names what is sent, where and how, without secrets: equal as long as none of it changes."""
        told = {
            "sitecode": self.destination.sitecode,
            "decode": self.decode.model_dump(mode="json"),
            "mappings": self.plan.digest,
            "delivery": self.delivery.model_dump(mode="json"),
        }
        text = json.dumps(told, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def credentials(self) -> Credentials:
        """What requests prove themselves by."""
        return Credentials(self.destination.api_key.get_secret_value(), self.destination.sitecode)
