"""The verb `sandbox`: a stand-in for Kameleoon on this machine, which fails when told to."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.exits import ExitCode, stop

if TYPE_CHECKING:
    from pipeline.adapters.sandbox import Faults, Sandbox, SandboxSettings

_HIGHEST_PORT = 65_535


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("sandbox", epilog="Example: kameleoon-pipeline sandbox --status 503,200 --delay-ms 20")(
        sandbox
    )


@dataclass(frozen=True, slots=True)
class _Start:
    settings: "SandboxSettings"
    faults: "Faults"
    as_json: bool


def sandbox(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=_HIGHEST_PORT, help="The port; 0 takes a free one.")] = 8010,
    api_key: Annotated[str | None, typer.Option(help="The only API key to take; any by default.")] = None,
    sitecode: Annotated[str | None, typer.Option(help="The only sitecode to take; any by default.")] = None,
    array: Annotated[bool, typer.Option("--array", help="Take arrays of events as well.")] = False,
    lenient: Annotated[bool, typer.Option("--lenient", help="Take any JSON object for an event.")] = False,
    status: Annotated[str, typer.Option(help="Statuses by attempt of an event: 429,500,200.")] = "200",
    fault: Annotated[str, typer.Option(help="none, reset, stall or truncate, by attempt too.")] = "none",
    retry_after: Annotated[
        str | None, typer.Option(help="Retry-After: seconds, date+SECONDS or text.")
    ] = None,
    delay_ms: Annotated[int, typer.Option(min=0, help="Milliseconds before each answer.")] = 0,
    refuse_auth: Annotated[bool, typer.Option("--refuse-auth", help="Answer 401 to all.")] = False,
    remember: Annotated[int, typer.Option(min=1, help="Requests to remember.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as one JSON object.")] = False,
) -> None:
    """Run a stand-in for Kameleoon: it checks requests, remembers them, and fails when told to.

    An event may tell its own faults in properties.sandbox, with the keys
    status, fault, retry_after and delay_ms. GET /_sandbox/requests and
    /_sandbox/counts show what came; PUT /_sandbox/faults changes the faults
    while it runs. SIGTERM or Ctrl-C ends it.
    """
    import uvloop

    from pipeline.adapters.sandbox import Expectation, Mistake, SandboxSettings, read_faults

    if not host:
        stop(ExitCode.USAGE, "sandbox: --host is empty; 0.0.0.0 listens on every address")
    told = {"status": status, "fault": fault, "retry_after": retry_after, "delay_ms": delay_ms}
    faults = read_faults({**told, "refuse_auth": refuse_auth})
    if isinstance(faults, Mistake):
        stop(ExitCode.USAGE, f"sandbox: {faults.text}")
    expected = Expectation(api_key, sitecode, arrays=array, fields=not lenient)
    settings = SandboxSettings(host=host, port=port, expected=expected, remember=remember)
    try:
        uvloop.run(_serve(_Start(settings, faults, as_json)))
    except OSError as error:
        stop(ExitCode.USAGE, f"sandbox: cannot listen on {host}, port {port}: {error.strerror}")


async def _serve(start: _Start) -> None:
    import asyncio
    import signal

    from pipeline.adapters.sandbox import Sandbox

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with Sandbox(start.settings, start.faults) as running:
        print(_addresses(running, as_json=start.as_json), flush=True)
        await stopping.wait()


def _addresses(running: "Sandbox", *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"endpoint": running.endpoint, "url": running.url})
    return (
        f"Kameleoon's stand-in listens on {running.endpoint}\n"
        f"what it received: {running.url}/_sandbox/requests and {running.url}/_sandbox/counts"
    )
