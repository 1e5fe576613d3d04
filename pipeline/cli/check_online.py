"""`check --online`: the brokers, the topics and the credentials, asked in turn. Nothing is changed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline.adapters import kafka_errors
from pipeline.adapters.kafka_admin import verify_topics
from pipeline.adapters.kameleoon import kameleoon
from pipeline.cli.broker import told_of
from pipeline.cli.exits import ExitCode
from pipeline.config.model import Config
from pipeline.core.exchange import Exchange, NoAnswer
from pipeline.core.verdict import Accepted, Refused, Unauthorised, describe, judge


class State(StrEnum):
    """How a thing was found; `unknown` means that nobody answered."""

    FINE = "fine"
    AMISS = "amiss"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was asked, how it is, and what to do about it."""

    about: str
    state: State
    message: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{self.about}: {self.message}{hint}"

    def as_json(self) -> dict[str, Any]:
        """The finding for programs."""
        return asdict(self)


def look(config: Config) -> tuple[Finding, ...]:
    """Ask the brokers and Kameleoon, and tell everything found."""
    return asyncio.run(ask(config))


def exit_code(findings: tuple[Finding, ...]) -> ExitCode:
    """3 when somebody did not answer, 1 when something is amiss."""
    states = {finding.state for finding in findings}
    if State.UNKNOWN in states:
        return ExitCode.UNREACHABLE
    return ExitCode.FOUND if State.AMISS in states else ExitCode.FINE


async def ask(config: Config) -> tuple[Finding, ...]:
    """Ask the brokers and Kameleoon, and tell everything found. Raises nothing that either may cause."""
    return (*[finding async for finding in _topics(config)], await _credentials(config))


async def _topics(config: Config) -> AsyncIterator[Finding]:
    servers = ", ".join(config.kafka.bootstrap_servers)
    try:
        problems = await verify_topics(config.kafka, told_of(Path(config.file)))
    except kafka_errors.BrokerUnreachableError as error:
        yield Finding(
            "brokers",
            State.UNKNOWN,
            str(error),
            "see that they run, kafka.bootstrap_servers and kafka.security",
        )
        return
    except kafka_errors.BrokerError as error:
        yield Finding("brokers", State.AMISS, str(error), "see kafka.security and the rights of this user")
        return
    yield Finding("brokers", State.FINE, f"{servers} answers")
    for problem in problems:
        yield Finding("topics", State.AMISS, problem.text, problem.mend)
    if not problems:
        yield Finding("topics", State.FINE, "as the contract has them")


async def _credentials(config: Config) -> Finding:
    destination = kameleoon(config, connections=1)
    try:
        return _judged(await destination.check_credentials(), config.delivery.endpoint)
    finally:
        await destination.close()


def _judged(exchange: Exchange, endpoint: str) -> Finding:
    verdict = judge(exchange)
    if isinstance(verdict, Accepted):
        return Finding("credentials", State.FINE, f"{endpoint} takes the API key")
    if isinstance(verdict, Unauthorised | Refused):
        message = f"{endpoint} does not take the API key: {describe(exchange)}"
        return Finding("credentials", State.AMISS, message, "copy the key from Kameleoon again")
    said = "gives no answer" if isinstance(exchange, NoAnswer) else "cannot tell now"
    message = f"{endpoint} {said}: {describe(exchange)}"
    return Finding("credentials", State.UNKNOWN, message, "see delivery.endpoint, and try again")
