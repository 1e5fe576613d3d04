"""How `tap` looks: one line an event, from all workers as they come."""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any, Final

from rich.text import Text

from pipeline.adapters.tap_stream import TapRefusedError, WorkerAwayError, tap
from pipeline.cli.console import printable, wide_console
from pipeline.cli.exits import ExitCode
from pipeline.core.tap.line import NOT_SHOWN
from pipeline.core.tap.question import Question

_TIME_OF_DAY: Final = slice(11, 23)
_STYLES: Final = {"delivered": "green", "filtered": "dim", "rejected": "yellow", "failed": "red"}


async def watch(urls: Sequence[str], question: Question, *, limit: int | None, as_json: bool) -> ExitCode:
    """Print what the workers show, until so many events were printed or no worker is left."""
    view = _View(limit, as_json=as_json)
    following = {asyncio.ensure_future(_follow(url, question, view)) for url in urls}
    codes = []
    try:
        while following and not view.is_full:
            done, following = await asyncio.wait(following, return_when=asyncio.FIRST_COMPLETED)
            codes += [each.result() for each in done]
    finally:
        for each in following:
            each.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    return ExitCode.FINE if view.is_full else max(codes)


async def _follow(url: str, question: Question, view: "_View") -> ExitCode:
    """Print the lines of one worker; how it ended."""
    try:
        async for line in tap(url, question):
            view.show(line)
            if view.is_full:
                break
    except TapRefusedError as error:
        print(f"{url}: {error}", file=sys.stderr)
        return ExitCode.USAGE
    except WorkerAwayError as error:
        print(f"{url}: {error}", file=sys.stderr)
        return ExitCode.UNREACHABLE
    return ExitCode.FINE


class _View:
    """Prints events, and on standard error how many were left out; it is full when `limit` were printed."""

    def __init__(self, limit: int | None, *, as_json: bool) -> None:
        self._limit = limit
        self._as_json = as_json
        self._console = wide_console()
        self._shown = 0

    @property
    def is_full(self) -> bool:
        return self._limit is not None and self._shown >= self._limit

    def show(self, line: bytes) -> None:
        told = json.loads(line)
        if NOT_SHOWN in told:
            print(f"{told[NOT_SHOWN]:,} not shown", file=sys.stderr)
            return
        if self.is_full:
            return
        self._shown += 1
        if self._as_json:
            sys.stdout.write(line.decode() + "\n")
        else:
            self._console.print(_text(told), soft_wrap=True)
        sys.stdout.flush()


def _text(told: dict[str, Any]) -> Text:
    """The event on one line: when and where, what it is, how it fares, what it holds."""
    place = f"{told['topic']}-{told['partition']}@{told['offset']}"
    name = json.dumps(told["event_name"], ensure_ascii=False) if "event_name" in told else None
    attempt = f"attempt {told['attempt']}" if "attempt" in told else None
    events = told.get("events_in_request", 1)
    pieces = [
        (told["at"][_TIME_OF_DAY], "dim"),
        (place, ""),
        (told.get("type"), ""),
        (name, ""),
        (told.get("message_id"), "cyan"),
        (f"→ {told['mapping']}" if "mapping" in told else None, "bold"),
        (told.get("outcome"), _STYLES.get(told.get("outcome", ""), "")),
        (told.get("reason"), ""),
        (told.get("status"), ""),
        (attempt, ""),
        (f"1 of {events} in the request" if events > 1 else None, ""),
        (told.get("detail"), ""),
        (json.dumps(told["contents"], ensure_ascii=False) if "contents" in told else None, "dim"),
    ]
    styled = [(printable(str(piece)), style) for piece, style in pieces if piece is not None]
    return Text("  ").join(Text(*each) for each in styled)
