"""The verb `demo`: the whole pipeline on this machine, without Kafka and without an account."""

import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.broker import JsonOption
from pipeline.cli.exits import ExitCode, stop

if TYPE_CHECKING:
    from pipeline.cli.demo_run import Options

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_KILLED = 128
"""A shell's exit code for a command that a signal ended is this and the signal's number."""

_STOPPING = "stopping in order; once more for an end by force"
_STOPPED = "stopped: the worker, the broker and the stand-in have ended"


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("demo", epilog="Example: kameleoon-pipeline demo --events 200")(demo)


def demo(
    events: Annotated[
        int | None,
        typer.Option("--events", min=1, help="At most so many of the captured events.", show_default="all"),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Leave everything running until Ctrl-C, to produce and read by hand."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the whole pipeline here: no Kafka, no account.

    An embedded broker, a stand-in for Kameleoon that fails now and then, and the
    real worker. Events captured from Segment's SDKs go through, and what became
    of each is shown. Exit code 1 if any record is not accounted for.
    """
    import uvloop

    from pipeline.adapters.embedded_broker import EmbeddedBrokerMissingError
    from pipeline.cli.demo_run import Options

    try:
        code = uvloop.run(_until_told(Options(events, keep=keep, as_json=as_json)))
    except EmbeddedBrokerMissingError as error:
        stop(ExitCode.USAGE, str(error))
    raise typer.Exit(code)


async def _until_told(options: "Options") -> int:
    """Run it; a signal ends it in order, with the exit code that a shell expects."""
    import asyncio

    from pipeline.cli.demo_run import run

    running = asyncio.ensure_future(run(options))
    received: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        if not received:
            print(_STOPPING, file=sys.stderr)
        received.append(number)
        running.cancel()

    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    try:
        return await running
    except asyncio.CancelledError:
        print(_STOPPED, file=sys.stderr)
        return _KILLED + received[0]
