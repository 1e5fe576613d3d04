"""How the demo looks while it runs: a live display on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from pipeline.adapters.demo_site import DemoSite
from pipeline.core.audit import OutcomeKind
from pipeline.core.audit_summary import AuditSummary
from pipeline.core.demo_records import FATED, POISON

_LINE_EVERY_S: Final = 1.0
_STYLES: Final = {
    OutcomeKind.DELIVERED: "green",
    OutcomeKind.FILTERED: "dim",
    OutcomeKind.REJECTED: "yellow",
    OutcomeKind.FAILED: "red",
}
_JOINS: Final = "the worker joins its consumer group"
_STOPS: Final = "the worker stops"


class Progress(Protocol):
    """Where the demo tells what it is doing."""

    def begin(self, site: DemoSite, records: int) -> None:
        """Everything runs, and so many records are about to come."""

    def update(self, accounted: int, summary: AuditSummary) -> None:
        """So many records are accounted for."""

    def stopping(self) -> None:
        """The worker was told to stop."""


@contextmanager
def progress(*, as_json: bool) -> Iterator[Progress]:
    """A display for this run; with JSON on standard output only a terminal's standard error has one."""
    console = Console(stderr=as_json, highlight=False)
    if not console.is_terminal:
        yield _Lines(Console(quiet=as_json, highlight=False, soft_wrap=True))
        return
    bars = Bars(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:,} of {task.total:,}"),
    )
    with Live(bars, console=console, transient=True) as live:
        yield _Bar(live, bars)


def _introduction(site: DemoSite, records: int) -> Iterator[str]:
    made = len(FATED) + len(POISON)
    yield f"broker     {site.broker}, embedded in this process"
    yield f"Kameleoon  {site.sandbox.endpoint}, a stand-in that fails now and then"
    yield f"worker     process {site.worker.pid}, kameleoon-pipeline run"
    yield f"events     {records - made:,} as Segment's SDKs send them, {made} made to go wrong"


def _counts(summary: AuditSummary) -> dict[OutcomeKind, int]:
    return {kind: count for kind in OutcomeKind if (count := summary.outcomes(kind))}


class _Lines:
    """At most a line a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said_at = time.monotonic()

    def begin(self, site: DemoSite, records: int) -> None:
        for line in _introduction(site, records):
            self._console.print(line)
        self._records = records
        self._console.print(_JOINS)

    def update(self, accounted: int, summary: AuditSummary) -> None:
        now = time.monotonic()
        is_last = accounted == self._records
        if not accounted or (now - self._said_at < _LINE_EVERY_S and not is_last):
            return
        self._said_at = now
        told = ", ".join(f"{kind} {count:,}" for kind, count in _counts(summary).items())
        self._console.print(f"accounted for {accounted:,} of {self._records:,}: {told}")

    def stopping(self) -> None:
        self._console.print(_STOPS)


class _Bar:
    """A bar, and the outcomes below it."""

    def __init__(self, live: Live, bars: Bars) -> None:
        self._live = live
        self._bars = bars

    def begin(self, site: DemoSite, records: int) -> None:
        for line in _introduction(site, records):
            self._live.console.print(line)
        self._task = self._bars.add_task(_JOINS, total=records)

    def update(self, accounted: int, summary: AuditSummary) -> None:
        if not accounted:
            return
        self._bars.update(self._task, completed=accounted, description="accounted for")
        outcomes = Text("  ")
        for kind, count in _counts(summary).items():
            outcomes.append(f"{kind} {count:,}  ", _STYLES.get(kind, ""))
        self._live.update(Group(self._bars, outcomes))

    def stopping(self) -> None:
        self._bars.update(self._task, description=_STOPS)
