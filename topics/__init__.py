"""The contract of the four topics, readable by a program: `CONTRACTS["audit"].partitions`.

One YAML file a topic, JSON Schemas and examples beside it; `README.md` tells how to read them.
"""

import json
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

Role = Literal["events", "audit", "dead_letters", "replays"]
"""The configuration names the topics so: `kafka.topics.<role>`."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Partitions(_Part):
    """How many partitions a topic is created with: a number of its own, or that of another topic."""

    count: int | None = Field(default=None, ge=1)
    same_as: str | None = None
    must: Literal["at-least"] | None = None
    why: str

    @model_validator(mode="after")
    def _one_of_both(self) -> "Partitions":
        if (self.count is None) == (self.same_as is None):
            raise ValueError("either `count` or `same_as`")
        return self


class Setting(_Part):
    """One topic setting of Kafka.

    `over_events` adds so many bytes to the value that the events topic has. `must` says what the
    pipeline insists on; without it another value is only mentioned.
    """

    value: str | None = None
    over_events: int | None = None
    must: Literal["at-least", "not-compacted"] | None = None
    why: str

    @model_validator(mode="after")
    def _one_of_both(self) -> "Setting":
        if (self.value is None) == (self.over_events is None):
            raise ValueError("either `value` or `over_events`")
        return self


class Header(_Part):
    """One Kafka header of a record; its value is UTF-8 text."""

    name: str
    required: bool
    meaning: str


class Schema(_Part):
    """One version of what a record holds: the file in `schemas/`, and where it comes from."""

    of: Literal["value", "headers"]
    name: str
    version: int = Field(ge=1)
    file: str
    source: Literal["hand-written", "generated"]


class TopicContract(_Part):
    """All that a reader, a writer or an operator may rely on."""

    name: str
    role: Role
    purpose: str
    partitions: Partitions
    key: str
    value: str
    headers: tuple[Header, ...]
    fields: dict[str, str] = Field(default_factory=dict)
    schemas: tuple[Schema, ...] = Field(min_length=1)
    examples: Literal["value", "record"]
    configuration: dict[str, Setting]
    producers: tuple[str, ...] = Field(min_length=1)
    consumers: tuple[str, ...] = Field(min_length=1)


def read_contract(text: str) -> TopicContract:
    """One contract from its YAML. Raises pydantic's ValidationError."""
    return TopicContract.model_validate(yaml.safe_load(text))


def schema(file: str) -> dict[str, Any]:
    """The JSON Schema of that file name, as `Schema.file` gives it."""
    found: dict[str, Any] = json.loads((files(__name__) / "schemas" / file).read_bytes())
    return found


def _read_contracts() -> MappingProxyType[Role, TopicContract]:
    found = sorted(entry.name for entry in files(__name__).iterdir() if entry.name.endswith(".yaml"))
    contracts = [read_contract((files(__name__) / name).read_text("utf-8")) for name in found]
    return MappingProxyType({contract.role: contract for contract in contracts})


CONTRACTS: Final = _read_contracts()
"""The four contracts by their role."""
