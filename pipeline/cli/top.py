"""The verb `top`: what running workers do right now."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer

from pipeline.cli.broker import ConfigOption, JsonOption
from pipeline.cli.exits import ExitCode, stop
from pipeline.config import DEFAULT_FILE

if TYPE_CHECKING:
    from pipeline.core.top.view import TopView

_EXAMPLE_URL: Final = "http://127.0.0.1:9464"
_THIS_MACHINE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (asked, not listened on)


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("top", epilog="Example: kameleoon-pipeline top --workers 4 --interval 2")(top)


def top(
    config: ConfigOption = None,
    url: Annotated[
        list[str] | None,
        typer.Option(
            "--url",
            help=f"Where a worker shows its pages, such as {_EXAMPLE_URL}; repeatable.",
            metavar="URL",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="As many as `run --workers` was told.", show_default="1"),
    ] = None,
    interval_s: Annotated[
        float, typer.Option("--interval", min=0.1, max=3600, help="Seconds between two looks.")
    ] = 1.0,
    once: Annotated[
        bool, typer.Option("--once", help="Print one view, after one interval, and end.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what running workers do: rates, outcomes, what is in flight, limits, lag.

    Reads the pages of admin.listen, and no broker. A worker that does not answer
    is listed as away. q or Ctrl-C ends the view. With --once, with --json, or
    where the output is no terminal, one view is printed: code 3 if no worker
    answered.
    """
    if url and (config is not None or workers is not None):
        stop(ExitCode.USAGE, "give either --url, once for each worker, or --config with --workers")
    urls = [_checked(each) for each in url] if url else _urls(config, workers or 1)
    if once or as_json or not sys.stdout.isatty():
        _print_once(urls, interval_s, as_json=as_json)
    else:
        _show(urls, interval_s)


def _checked(url: str) -> str:
    """The URL below which the pages are."""
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        stop(ExitCode.USAGE, f"--url {url}: write such as {_EXAMPLE_URL}")
    return url.rstrip("/")


def _urls(file: Path | None, workers: int) -> list[str]:
    """Where the workers of this configuration show their pages, as seen from their own machine."""
    from pipeline.cli.configured import loaded
    from pipeline.config.workers import highest_port_problem, of_worker

    if file is None and not Path(DEFAULT_FILE).exists():
        stop(ExitCode.USAGE, f"there is no {DEFAULT_FILE} here: give --config FILE or --url {_EXAMPLE_URL}")
    config = loaded(file or Path(DEFAULT_FILE))
    if config.admin.address is None:
        stop(
            ExitCode.USAGE,
            "admin.listen is off: set it, such as to `127.0.0.1:9464`, and restart the workers",
        )
    if config.admin.address[1] == 0:
        stop(ExitCode.USAGE, "admin.listen has port 0: give --url, the log of each worker tells it")
    problem = highest_port_problem(config.admin, workers)
    if problem is not None:
        stop(ExitCode.USAGE, problem)
    addresses = (of_worker(config, number).admin.address for number in range(workers))
    return [_url(*address) for address in addresses if address is not None]


def _url(host: str, port: int) -> str:
    host = _THIS_MACHINE.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _print_once(urls: list[str], interval_s: float, *, as_json: bool) -> None:
    from pipeline.cli.top_tables import as_object, print_view

    view = asyncio.run(_second_look(urls, interval_s))
    if as_json:
        import json

        print(json.dumps(as_object(view)))
    else:
        print_view(view)
    if not view.is_anybody_there:
        stop(ExitCode.UNREACHABLE, "no worker answered: see that it runs, and admin.listen or --url")


async def _second_look(urls: list[str], interval_s: float) -> "TopView":
    from pipeline.adapters.clock import SystemClock
    from pipeline.adapters.worker_pages import open_worker_pages
    from pipeline.core.top.view import top_view

    clock = SystemClock()
    async with open_worker_pages(urls, clock) as pages:
        await pages.look()
        await clock.sleep(interval_s)
        return top_view(await pages.look())


def _show(urls: list[str], interval_s: float) -> None:
    from pipeline.cli.top_screen import show

    try:
        asyncio.run(show(urls, interval_s))
    except KeyboardInterrupt:
        raise typer.Exit from None  # the regular end, before the view is there
