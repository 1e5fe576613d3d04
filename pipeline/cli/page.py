"""The verb `page`: the audit topic in a browser."""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.audit import PipelineOption
from pipeline.cli.broker import ConfigOption, ServersOption, Target, on_broker, target
from pipeline.cli.exits import ExitCode, stop
from pipeline.cli.instants import instant_ms

if TYPE_CHECKING:
    from pipeline.adapters.delivery_page.feed import Feed

_DEFAULT_LISTEN = "127.0.0.1:8088"
_HOST_NAME = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]", re.ASCII)

AllowedHostOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed-host",
        metavar="NAME",
        help="Answer to this name, as browsers ask for it, beside those of this machine, and to no other. "
        "Several times for several.",
        show_default="this machine's names; with another address in --listen, any",
    ),
]


@dataclass(frozen=True, slots=True)
class _Site:
    """Where the page is served, and the names that it answers to beside this machine's."""

    host: str
    port: int
    names: tuple[str, ...]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("page", epilog="Example: kameleoon-pipeline page --listen 127.0.0.1:8088")(page)


def page(
    config: ConfigOption = None,
    bootstrap_servers: ServersOption = None,
    listen: Annotated[
        str, typer.Option("--listen", help="host:port to serve the page at; port 0 takes a free one.")
    ] = _DEFAULT_LISTEN,
    allowed_hosts: AllowedHostOption = None,
    pipeline: PipelineOption = None,
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="Read from this time on: 6h for 6h ago.")
    ] = "24h",
) -> None:
    """Show in a browser what became of the events: counts, reasons, and one event's way.

    Reads the audit topic and nothing else: no consumer group, no writes. The
    page asks for no password: other addresses than this machine's own are for
    networks that you trust. SIGTERM or Ctrl-C ends it.
    """
    from pipeline.adapters.clock import SystemClock
    from pipeline.cli.logs import set_up_logs

    where, site = target(config, bootstrap_servers), _Site(*_address(listen), _names(allowed_hosts))
    since_ms = instant_ms("--since", since, SystemClock().now_ms()) or 0
    set_up_logs(as_json=not sys.stderr.isatty())
    try:
        with _silent_client():
            on_broker(_serve(where, site, pipeline, since_ms), where.told)
    except KeyboardInterrupt:
        raise typer.Exit from None  # the regular end, while it connects


def _address(listen: str) -> tuple[str, int]:
    from pydantic import ValidationError

    from pipeline.config.admin import Admin

    try:
        address = Admin.model_validate({"listen": listen}).address
    except ValidationError:
        address = None
    if address is None:
        stop(ExitCode.USAGE, f"--listen {listen}: write host:port, such as {_DEFAULT_LISTEN}")
    return address


def _names(allowed: list[str] | None) -> tuple[str, ...]:
    names = tuple(name.lower() for name in allowed or ())
    for name in names:
        if _HOST_NAME.fullmatch(name) is None:
            stop(
                ExitCode.USAGE,
                f"--allowed-host {name}: write a name without scheme and port, such as events.example.org",
            )
    return names


@contextmanager
def _silent_client() -> Iterator[None]:
    """The page itself says when no broker answers, once; the client says it all the time."""
    client, handler = logging.getLogger("aiokafka"), logging.NullHandler()
    propagated, client.propagate = client.propagate, False
    client.addHandler(handler)
    try:
        yield
    finally:
        client.removeHandler(handler)
        client.propagate = propagated


async def _serve(where: Target, site: _Site, pipeline: str | None, since_ms: int) -> None:
    from pipeline.adapters.audit_reader import open_audit
    from pipeline.adapters.clock import SystemClock
    from pipeline.adapters.delivery_page.answers import Answers, Told
    from pipeline.adapters.delivery_page.feed import Feed
    from pipeline.adapters.delivery_page.server import CannotListenError, serving
    from pipeline.config import DEFAULT_FILE
    from pipeline.core.delivery_view.view import DeliveryView

    async with open_audit(where.kafka) as reader:
        await reader.seek_since(since_ms)
        clock, view = SystemClock(), DeliveryView(pipeline)
        feed = Feed(reader, view, clock)
        told = Told(where.config or DEFAULT_FILE, where.told)
        try:
            async with serving(Answers(view, feed, clock, told), site.host, site.port, site.names) as url:
                print(f"the delivery page: {url}", flush=True)
                await _until_stopped(feed)
        except CannotListenError as error:
            stop(ExitCode.USAGE, f"page: cannot listen on {error}")


async def _until_stopped(feed: "Feed") -> None:
    import asyncio
    import signal

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    following, stopped = asyncio.ensure_future(feed.run()), asyncio.ensure_future(stopping.wait())
    await asyncio.wait({following, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in (following, stopped):
        task.cancel()
    await asyncio.wait({following, stopped})
    if not following.cancelled():
        following.result()
