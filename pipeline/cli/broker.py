"""What the verbs that speak to a broker share: which broker is meant, and how its errors end the command."""

import asyncio
import shlex
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
    """The broker that is meant; `told` is what the command was told of it, as another verb takes it.

    `config` is the configuration's file, None where there is none.
    """

    kafka: "Kafka"
    told: str
    config: str | None = None


def target(config: Path | None, servers: str | None) -> Target:
    """The section `kafka` of the configuration, or its defaults on these servers.

    Ends the command when there is no usable configuration.
    """
    if config is not None and servers is not None:
        stop(ExitCode.USAGE, "give either --config or --bootstrap-servers")
    if servers is not None:
        return Target(_on_servers(servers), f"--bootstrap-servers {shlex.quote(servers)}")
    file = config or Path(DEFAULT_FILE)
    if config is None and not file.exists():
        stop(
            ExitCode.USAGE,
            f"there is no {DEFAULT_FILE} here: give --config FILE or --bootstrap-servers; "
            "`kameleoon-pipeline init` writes a first configuration",
        )
    return Target(loaded(file).kafka, told_of(file), str(file))


def told_of(file: Path) -> str:
    """The option that names this configuration, to be copied into a shell."""
    return f"--config {shlex.quote(str(file))}"


def _on_servers(servers: str) -> "Kafka":
    from pydantic import ValidationError

    from pipeline.config.kafka import Kafka

    try:
        return Kafka.model_validate({"bootstrap_servers": servers})
    except ValidationError as error:
        stop(ExitCode.USAGE, *(f"--bootstrap-servers: {problem['msg']}" for problem in error.errors()))


def on_broker(doing: Coroutine[Any, Any, T], told: str) -> T:
    """Run it to its end; an error of the broker ends the command with a sentence.

    `told` is the option that names the broker, for the next command of the person who reads the sentence.
    Exit code 2 for what the configuration or the topics have wrong, 3 for a broker that does not answer.
    """
    from pipeline.adapters import kafka_errors as errors

    try:
        return asyncio.run(_interruptible(doing))
    except errors.TopicMissingError as error:
        stop(
            ExitCode.USAGE,
            f"{error}: is that the right name? "
            f"`kameleoon-pipeline topics apply {told}` creates what is missing of kafka.topics",
        )
    except (
        errors.ClientSettingsError,
        errors.BrokerRefusedError,
        errors.BrokerLacksError,
        errors.PartitionMissingError,
    ) as error:
        stop(ExitCode.USAGE, str(error))
    except errors.BrokerError as error:
        stop(ExitCode.UNREACHABLE, str(error), f"    {_next_step(told)}")


async def _interruptible(doing: Coroutine[Any, Any, T]) -> T:
    """Do it; once it is interrupted, neither an error of the client nor a complaint of the loop hides that.

    A connection that is being made when the interruption comes may end in either (CPython's
    `sock_connect`, aiokafka's `bootstrap`).
    """
    from pipeline.adapters.kafka_errors import BrokerError, complain

    task = asyncio.current_task()
    is_interrupted = False

    def complain_unless_interrupted(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not is_interrupted and not (task and task.cancelling()):
            complain(loop, context)

    asyncio.get_running_loop().set_exception_handler(complain_unless_interrupted)
    try:
        return await doing
    except (BrokerError, asyncio.CancelledError):
        is_interrupted = bool(task and task.cancelling())
        if is_interrupted:
            raise asyncio.CancelledError from None
        raise


def _next_step(told: str) -> str:
    option, _, value = told.partition(" ")
    if option != "--config":
        return f"see that it runs, and that {option} is right"
    return (
        "see that it runs, kafka.bootstrap_servers and kafka.security; "
        f"`kameleoon-pipeline check --online {value}` asks again"
    )
