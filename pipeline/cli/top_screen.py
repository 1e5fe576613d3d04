"""`top` on a terminal: the view drawn anew at each look, until q, Ctrl-C or SIGTERM."""

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from rich.console import Console
from rich.live import Live

from pipeline.adapters.clock import SystemClock
from pipeline.adapters.worker_pages import open_worker_pages
from pipeline.cli.top_tables import drawn
from pipeline.core.top.view import top_view

_QUIT: Final = (b"q", b"Q")
_ENDS: Final = (signal.SIGINT, signal.SIGTERM)


async def show(urls: Sequence[str], interval_s: float) -> None:
    """Draw until told to stop."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _ENDS:
        loop.add_signal_handler(number, stopping.set)
    drawing = asyncio.ensure_future(_draw(urls, interval_s))
    stopped = asyncio.ensure_future(stopping.wait())
    with _keys(stopping.set):
        await asyncio.wait({drawing, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (drawing, stopped):
            task.cancel()
        await asyncio.wait({drawing, stopped})
    if not drawing.cancelled():
        drawing.result()


async def _draw(urls: Sequence[str], interval_s: float) -> None:
    clock = SystemClock()
    console = Console(highlight=False)
    async with open_worker_pages(urls, clock) as pages:
        with Live(console=console, auto_refresh=False, screen=True) as display:
            while True:
                view = top_view(await pages.look())
                display.update(drawn(view, *console.size, hint="q ends"), refresh=True)
                await clock.sleep(interval_s)


@contextmanager
def _keys(end: Callable[[], None]) -> Iterator[None]:
    """Keys are read at once and not shown; `end` is called at a q. Nothing without a terminal."""
    if not sys.stdin.isatty():
        yield
        return
    loop, terminal = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        with suppress(OSError):  # the terminal has gone: a signal ends the view
            if not (pressed := os.read(terminal, 64)) or pressed.strip() in _QUIT:
                end()

    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    loop.add_reader(terminal, read)
    try:
        yield
    finally:
        loop.remove_reader(terminal)
        with suppress(termios.error):  # the terminal has gone
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
