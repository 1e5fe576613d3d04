"""The section `kafka`: brokers, group, topics and how to log in."""

import re
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from pipeline.config.files import ExistingFile
from pipeline.config.scalar import quoted
from pipeline.config.section import Section
from pipeline.config.values import (
    Duration,
    FileName,
    Kind,
    Name,
    Secret,
    Size,
    Whole,
    as_text,
    mistake,
    one_of,
)

PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
STARTS: Final = ("earliest", "latest")

_SERVER: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", re.ASCII)
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}", re.ASCII)
_HIGHEST_PORT: Final = 65535


def _servers(value: object) -> object:
    if isinstance(value, dict):
        return as_text(value)
    parts = value if isinstance(value, list | tuple) else str(value).split(",")
    servers = tuple(str(as_text(part)).strip() for part in parts)
    wrong = [part for part, server in zip(parts, servers, strict=True) if not _is_server(server)]
    if wrong or not servers:
        shown = quoted(value) if isinstance(value, str) else ", ".join(map(quoted, wrong))
        message = f"{shown}: not host:port" if servers else "names no broker"
        raise mistake(message, "write `host:port`, several with commas or as a list, without a scheme")
    return servers


def _is_server(text: str) -> bool:
    found = _SERVER.fullmatch(text)
    return found is not None and 0 < int(found[1]) <= _HIGHEST_PORT


def _topic(value: object) -> object:
    text = as_text(value)
    if isinstance(text, str) and (not _TOPIC.fullmatch(text) or text in (".", "..")):
        raise mistake(
            f"{quoted(value)} is not a topic name",
            "write up to 249 letters, digits, dots, underscores and hyphens",
        )
    return text


Servers = Annotated[
    tuple[str, ...],
    BeforeValidator(_servers),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
    Kind("host:port, several with commas or as a list"),
]
Topic = Annotated[str, BeforeValidator(_topic), WithJsonSchema({"type": "string"}), Kind("topic name")]


class Topics(Section):
    """The names of the four topics; no two may be the same."""

    events: Topic = Field(
        default="segment-events",
        description="Raw Segment events, read by the pipeline.",
        examples=["web-events"],
    )
    audit: Topic = Field(
        default="kameleoon-audit",
        description="One record for what became of each event under each mapping.",
        examples=["web-audit"],
    )
    dead_letters: Topic = Field(
        default="kameleoon-dead-letters",
        description="The original bytes of events that were rejected, failed or expired.",
        examples=["web-dead-letters"],
    )
    replays: Topic = Field(
        default="kameleoon-replays",
        description="Dead letters that `replay` puts back; read by the same consumer group.",
        examples=["web-replays"],
    )


class Sasl(Section):
    """User and password for the brokers."""

    mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], BeforeValidator(one_of(*MECHANISMS))
    ] = Field(description="How the password is proved to the broker.", examples=["SCRAM-SHA-512"])
    username: Name = Field(description="The user that the brokers know.", examples=["kameleoon"])
    password: Secret | None = Field(
        default=None, description="The user's password.", examples=["${KAFKA_PASSWORD}"]
    )
    password_file: FileName | None = Field(
        default=None,
        description="A file that holds the password, in place of `password`.",
        examples=["/run/secrets/kafka-password"],
    )


class Tls(Section):
    """Certificates for the way to the brokers."""

    ca_file: ExistingFile | None = Field(
        default=None,
        description="The authorities that may sign the brokers' certificates, PEM; absent: the system's own.",
        examples=["/etc/kafka/ca.pem"],
    )
    certificate_file: ExistingFile | None = Field(
        default=None, description="The client's certificate, PEM.", examples=["/etc/kafka/client.pem"]
    )
    key_file: ExistingFile | None = Field(
        default=None,
        description="The private key of the client's certificate, PEM.",
        examples=["/etc/kafka/client.key"],
    )
    key_password: Secret | None = Field(
        default=None, description="The password of the private key.", examples=["${KAFKA_KEY_PASSWORD}"]
    )
    key_password_file: FileName | None = Field(
        default=None,
        description="A file that holds the key's password, in place of `key_password`.",
        examples=["/run/secrets/kafka-key-password"],
    )


class Security(Section):
    """How the pipeline logs in to the brokers."""

    protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], BeforeValidator(one_of(*PROTOCOLS))
    ] = Field(
        default="PLAINTEXT",
        description="SSL encrypts; SASL logs in with user and password.",
        examples=["SASL_SSL"],
    )
    sasl: Sasl | None = Field(
        default=None, description="User and password, with a protocol that begins with SASL."
    )
    tls: Tls | None = Field(default=None, description="Certificates, with a protocol that ends in SSL.")


class Kafka(Section):
    """The brokers, the consumer group and the topics."""

    bootstrap_servers: Servers = Field(
        description="The brokers to ask first.", examples=["localhost:9092", "kafka-1:9092,kafka-2:9092"]
    )
    group: Name = Field(
        default="",
        description="The consumer group. It is also the pipeline's name in the audit.",
        examples=["kameleoon-web"],
        json_schema_extra={"x-default": "kameleoon-<sitecode>"},
    )
    client_id: Name = Field(
        default="kameleoon-pipeline",
        description="What the brokers call this client in logs and quotas.",
        examples=["kameleoon-web"],
    )
    group_instance_id: Name | None = Field(
        default=None,
        description="A name of its own for each worker: a restarted worker gets its partitions back "
        "without a rebalance.",
        examples=["${HOSTNAME}"],
    )
    start: Annotated[Literal["earliest", "latest"], BeforeValidator(one_of(*STARTS))] = Field(
        default="earliest",
        description="Where a group that has never committed begins to read.",
        examples=["latest"],
    )
    topics: Topics = Field(default_factory=Topics, description="The names of the topics.")
    replication_factor: Whole | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Copies of each partition of the topics that `topics apply` creates; absent: the "
        "broker's default.",
        examples=[3],
    )
    session_timeout_s: Duration = Field(
        default=30.0,
        alias="session_timeout",
        ge=6.0,
        le=1800.0,
        description="After so long without a sign of life the brokers give a worker's partitions to others.",
        examples=["45s"],
    )
    rebalance_timeout_s: Duration = Field(
        default=60.0,
        alias="rebalance_timeout",
        ge=7.0,
        le=1800.0,
        description="How long the brokers wait for every worker when partitions move. "
        "Longer than `delivery.drain` by more than 5s.",
        examples=["90s"],
    )
    max_record_bytes: Size = Field(
        default=1024 * 1024,
        ge=1024,
        le=1024**3,
        description="The largest record that the events topic takes.",
        examples=["2MiB"],
    )
    security: Security = Field(default_factory=Security, description="How to log in to the brokers.")
