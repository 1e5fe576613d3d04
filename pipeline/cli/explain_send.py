"""`explain --send`: one event to Kameleoon, after asking, and what it answered."""

import asyncio
from typing import TYPE_CHECKING, assert_never

import typer

from pipeline.cli.exits import ExitCode, stop
from pipeline.core.exchange import Answer, Exchange, NoAnswer
from pipeline.core.explain import Explanation
from pipeline.core.outcome import Deliverable
from pipeline.core.verdict import Accepted, Verdict, describe, judge

if TYPE_CHECKING:
    from pipeline.config.model import Config


def send_parts(explanation: Explanation, config: "Config") -> None:
    """Ask, send the requests of one event one after the other, tell each answer.

    Ends the command: 1 if Kameleoon did not accept one, 3 if it could not be reached.
    """
    from pipeline.config.verdicts import rule_table

    parts = [part for part in explanation.decided.parts if isinstance(part, Deliverable)]
    if not parts:
        stop(ExitCode.FOUND, "nothing to send")
    noun = "request" if len(parts) == 1 else "requests"
    if not typer.confirm(f"Send {len(parts)} {noun} to {config.delivery.endpoint}?"):
        print("nothing was sent")
        return
    exchanges = asyncio.run(_send_all([part.body for part in parts], config))
    verdicts = [judge(exchange, rule_table(config.delivery.verdicts)) for exchange in exchanges]
    for part, exchange, verdict in zip(parts, exchanges, verdicts, strict=True):
        print(f"{part.mapping}: {_told(exchange, verdict)}")
    if any(isinstance(exchange, NoAnswer) for exchange in exchanges):
        raise typer.Exit(ExitCode.UNREACHABLE)
    if not all(isinstance(verdict, Accepted) for verdict in verdicts):
        raise typer.Exit(ExitCode.FOUND)


async def _send_all(bodies: list[bytes], config: "Config") -> list[Exchange]:
    from pipeline.adapters.kameleoon import kameleoon

    destination = kameleoon(config, connections=1)
    try:
        return [await destination.send(body) for body in bodies]
    finally:
        await destination.close()


def _told(exchange: Exchange, verdict: Verdict) -> str:
    match exchange:
        case Answer():
            said = "accepted" if isinstance(verdict, Accepted) else "not accepted"
            return f"{said}: {describe(exchange)}"
        case NoAnswer():
            return f"no answer: {describe(exchange)}"
        case _:
            assert_never(exchange)
