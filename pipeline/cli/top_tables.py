"""How the view of `top` looks: tables for people, one object for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.cli.console import printable, wide_console
from pipeline.core.audit_record import OutcomeKind
from pipeline.core.top.view import Figures, PartitionRow, Rates, TopView, WorkerRow

_STYLES: Final = {
    OutcomeKind.DELIVERED: "green",
    OutcomeKind.FILTERED: "dim",
    OutcomeKind.REJECTED: "yellow",
    OutcomeKind.FAILED: "red",
}
_TEXTS: Final = ("worker", "pages", "state", "breaker")
_COLUMNS: Final = (
    *_TEXTS[:3],
    "received/s",
    "delivered/s",
    "failed/s",
    "in flight",
    "requests",
    "rate limit",
    "breaker",
)
_NARROW_COLUMNS: Final = ("worker", "state", "delivered/s", "in flight", "requests", "breaker")
_ROOMY: Final = 130
_UNKNOWN: Final = "-"
_LINES_BESIDE: Final = 15
"""Of the screen: what stands around the rows of workers and partitions."""
_FEWEST_ROWS: Final = 3
_BYTES_PER_MB: Final = 1_000_000


def as_object(view: TopView) -> dict[str, Any]:
    """The view as JSON."""
    return asdict(view)


def print_view(view: TopView) -> None:
    """The whole view on standard output."""
    console = wide_console()
    console.print(drawn(view, console.width, None))


def drawn(view: TopView, width: int, height: int | None, hint: str = "") -> RenderableType:
    """The view for a screen of this size: where not all fits its height, the partitions with the most lag."""
    room = None if height is None else max(_FEWEST_ROWS, height - _LINES_BESIDE - len(view.workers))
    parts: list[RenderableType] = [
        _headline(view, hint),
        Text(),
        _side_by_side(_outcomes(view.together), _state(view.together)),
        Text(),
        _workers(view.workers, width),
    ]
    if view.partitions:
        parts += [Text(), _partitions(view.partitions, room)]
    return Group(*parts)


def _headline(view: TopView, hint: str) -> Text:
    there = sum(row.figures is not None for row in view.workers)
    line = Text(f"{there} of {len(view.workers)} workers answer", "" if there else "red")
    return line.append(f"   {hint}", "dim") if hint else line


def _side_by_side(*tables: Table) -> Table:
    grid = Table.grid(padding=(0, 3, 0, 0))
    grid.add_row(*tables)
    return grid


def _outcomes(found: Figures) -> Table:
    table = Table("", box=None, pad_edge=False)
    table.add_column("per second", justify="right")
    table.add_column("so far", justify="right")
    rates = found.rates
    table.add_row("received", _rate(rates), f"{found.received:,}")
    for kind in OutcomeKind:
        table.add_row(
            kind.value, _rate(rates, kind), f"{found.outcomes[kind]:,}", style=_STYLES.get(kind, "")
        )
    return table


def _state(found: Figures) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    megabytes = found.in_flight_bytes / _BYTES_PER_MB
    table.add_row("in flight", f"{found.in_flight_events:,} events, {megabytes:,.1f} MB")
    table.add_row("requests", f"{found.requests_under_way:,} of {found.concurrency_limit:,} under way")
    table.add_row("rate limit", _limit(found))
    table.add_row("breaker", _breaker(found))
    table.add_row("brake", Text("on", "red") if found.is_brake_on else "off")
    table.add_row("held", f"for {found.held_s:,.0f} s by Retry-After" if found.held_s else "no")
    table.add_row("audit pending", f"{found.audit_pending:,} outcomes")
    return table


def _workers(rows: Sequence[WorkerRow], width: int) -> Table:
    """On a narrow screen columns are left out: the pages stand in the order that the command was told."""
    columns = _COLUMNS if width >= _ROOMY else _NARROW_COLUMNS
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="left" if name in _TEXTS else "right")
    for number, row in enumerate(rows):
        told = (str(number), Text(printable(row.url)), _readiness(row), *_cells(row.figures))
        cells = dict(zip(_COLUMNS, told, strict=False))  # who is away has no figures
        table.add_row(*(cells.get(name, "") for name in columns))
    return table


def _readiness(row: WorkerRow) -> Text:
    if row.away is not None:
        return Text(printable(f"away: {row.away}"), "red")
    return Text("ready", "green") if row.is_ready else Text(printable(", ".join(row.because)), "yellow")


def _cells(found: Figures | None) -> tuple[str | Text, ...]:
    if found is None:
        return ()
    rates = found.rates
    return (
        _rate(rates),
        _rate(rates, OutcomeKind.DELIVERED),
        _rate(rates, OutcomeKind.FAILED),
        f"{found.in_flight_events:,}",
        f"{found.requests_under_way:,}/{found.concurrency_limit:,}",
        _limit(found),
        _breaker(found),
    )


def _partitions(rows: Sequence[PartitionRow], room: int | None) -> Table:
    shown = rows
    if room is not None and len(rows) > room:
        shown = sorted(rows, key=lambda row: -(row.lag_records or 0))[:room]
    more = len(rows) - len(shown)
    caption = f"the {len(shown)} with the most lag; {more} more" if more else None
    table = Table("topic", box=None, pad_edge=False, caption=caption, caption_justify="left")
    for name in ("partition", "worker", "lag records", "lag s", "oldest unsettled s"):
        table.add_column(name, justify="right")
    for row in shown:
        records = _UNKNOWN if row.lag_records is None else f"{row.lag_records:,}"
        workers = ", ".join(map(str, row.workers))
        seconds = (_tenths(row.lag_s), _tenths(row.oldest_unsettled_s))
        table.add_row(Text(printable(row.topic)), str(row.partition), workers, records, *seconds)
    return table


def _breaker(found: Figures) -> Text:
    causes = printable(", ".join(found.breaker))
    return Text(f"open: {causes}", "red") if causes else Text("closed")


def _limit(found: Figures) -> str:
    return "none" if found.rate_limit_per_s is None else f"{found.rate_limit_per_s:,.1f}/s"


def _rate(rates: Rates | None, kind: OutcomeKind | None = None) -> str:
    """Outcomes of a kind a second, or records received."""
    if rates is None:
        return _UNKNOWN
    return _tenths(rates.received if kind is None else rates.outcomes[kind])


def _tenths(number: float | None) -> str:
    return _UNKNOWN if number is None else f"{number:,.1f}"
