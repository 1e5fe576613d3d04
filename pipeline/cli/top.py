"""The verb `top`: what running workers do right now."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.broker import ConfigOption, JsonOption
from pipeline.cli.exits import ExitCode, stop
from pipeline.cli.worker_urls import UrlOption, WorkersOption, worker_urls

if TYPE_CHECKING:
    from pipeline.core.top.view import TopView


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("top", epilog="Example: kameleoon-pipeline top --workers 4 --interval 2")(top)


def top(
    config: ConfigOption = None,
    url: UrlOption = None,
    workers: WorkersOption = None,
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
    urls = worker_urls(url, config, workers)
    if once or as_json or not sys.stdout.isatty():
        _print_once(urls, interval_s, as_json=as_json)
    else:
        _show(urls, interval_s)


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
