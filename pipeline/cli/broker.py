"""What the verbs that speak to a broker share: which broker is meant, and how its errors end the command."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from pipeline.cli.configured import loaded
from pipeline.cli.exits import ExitCode, stop
from pipeline.config import DEFAULT_FILE

if TYPE_CHECKING:
    from pipeline.config.kafka import Kafka

T = TypeVar("T")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="The configuration.", show_default=DEFAULT_FILE),
]
ServersOption = Annotated[
    str | None,
    typer.Option(
        "--bootstrap-servers",
        help="host:port of the brokers, in place of a configuration: names and limits are the defaults.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@dataclass(frozen=True, slots=True)
class Target:
    """The broker that is meant; `told` is what the command was told of it."""

    kafka: "Kafka"
    told: str


def target(config: Path | None, servers: str | None) -> Target:
    """The section `kafka` of the configuration, or its defaults on these servers.

    Ends the command when there is no usable configuration.
    """
    if config is not None and servers is not None:
        stop(ExitCode.USAGE, "give either --config or --bootstrap-servers")
    if servers is not None:
        return Target(_on_servers(servers), f"--bootstrap-servers {servers}")
    file = config or Path(DEFAULT_FILE)
    if config is None and not file.exists():
        stop(
            ExitCode.USAGE,
            f"there is no {DEFAULT_FILE} here: give --config FILE or --bootstrap-servers; "
            "`kameleoon-pipeline init` writes a first configuration",
        )
    return Target(loaded(file).kafka, f"--config {file}")


def _on_servers(servers: str) -> "Kafka":
    from pydantic import ValidationError

    from pipeline.config.kafka import Kafka

    try:
        return Kafka.model_validate({"bootstrap_servers": servers})
    except ValidationError as error:
        stop(ExitCode.USAGE, *(f"--bootstrap-servers: {problem['msg']}" for problem in error.errors()))


def on_broker(doing: Coroutine[Any, Any, T]) -> T:
    """Run it to its end; an error of the broker ends the command with a sentence.

    Exit code 2 for what the configuration or the topics have wrong, 3 for a broker that does not answer.
    """
    from pipeline.adapters import kafka_errors as errors

    try:
        return asyncio.run(doing)
    except errors.TopicMissingError as error:
        stop(
            ExitCode.USAGE,
            f"{error}: see that kafka.topics names the right one; `kameleoon-pipeline topics apply` creates "
            "what is missing",
        )
    except (
        errors.ClientSettingsError,
        errors.BrokerRefusedError,
        errors.BrokerLacksError,
        errors.PartitionMissingError,
    ) as error:
        stop(ExitCode.USAGE, str(error))
    except errors.BrokerError as error:
        stop(ExitCode.UNREACHABLE, str(error))
