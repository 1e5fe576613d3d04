"""What the demo shows at its end: a sample of the audit, the counts, and where to go next."""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from pipeline.cli.audit_summary import as_object, print_tables
from pipeline.cli.console import printable, wide_console
from pipeline.core.audit import AuditRecord
from pipeline.core.audit_sample import sample
from pipeline.core.audit_summary import AuditSummary
from pipeline.core.demo_verdict import Verdict

_ROWS: Final = 24
_ROOMY: Final = 110
_WIDTHS: Final = {"time": 6, "event": 13, "mapping": 14, "outcome": 11, "reason": 20, "http": 6, "ms": 4}
"""Of the columns on a terminal of 80 characters."""
_TIME_OF_DAY: Final = slice(11, 23)
_SECONDS: Final = slice(17, 23)
_STYLES: Final = {"delivered": "green", "filtered": "dim", "rejected": "yellow", "failed": "red"}


@dataclass(frozen=True, slots=True)
class Addresses:
    """What is left running: the broker's host:port and the root of the stand-in."""

    broker: str
    sandbox: str


def print_json(
    summary: AuditSummary, _records: Sequence[AuditRecord], verdict: Verdict, addresses: Addresses | None
) -> None:
    """One object on standard output."""
    said = {
        "accounted_for": verdict.is_fine,
        "records": verdict.records,
        "unaccounted": [asdict(one) for one in verdict.unaccounted],
        "accepted_by_destination": verdict.accepted,
        "worker_exit_code": verdict.exit_code,
        "seconds": round(verdict.seconds, 1),
        "audit": as_object(summary),
        "running": None if addresses is None else asdict(addresses),
    }
    print(json.dumps(said), flush=True)


def print_report(
    summary: AuditSummary, records: Sequence[AuditRecord], verdict: Verdict, addresses: Addresses | None
) -> None:
    """Tables for people on standard output."""
    console = wide_console()
    if records:
        shown = sample(records, _ROWS)
        console.print(
            f"\nThe audit topic, {len(shown)} of {len(records):,} records (? means: perhaps twice)\n"
        )
        console.print(_table(shown, is_narrow=console.width < _ROOMY))
        console.print("\nAll of them\n")
        print_tables(summary)
        console.print()
    if verdict.is_fine:
        told = f"Every one of {verdict.records:,} records is accounted for, after {verdict.seconds:.1f} s."
        console.print(told, style="bold")
        console.print(
            f"Delivered by the audit: {verdict.delivered:,}. Taken by the stand-in: {verdict.accepted:,}."
        )
    for line in _next(addresses):
        console.print(line, soft_wrap=True)
    sys.stdout.flush()


def print_problems(verdict: Verdict) -> None:
    """What is wrong, on standard error."""
    for line in verdict.problems():
        print(line, file=sys.stderr)


def _table(records: Sequence[AuditRecord], *, is_narrow: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for column, width in _WIDTHS.items():
        table.add_column(
            column,
            no_wrap=True,
            overflow="ellipsis",
            max_width=width if is_narrow else None,
            justify="right" if column == "ms" else "left",
        )
    for record in records:
        time = record.decided_at[_SECONDS if is_narrow else _TIME_OF_DAY]
        cells = (Text(printable(cell)) for cell in (time, *_cells(record)))
        table.add_row(*cells, style=_STYLES.get(record.outcome, ""))
    return table


def _cells(record: AuditRecord) -> tuple[str, ...]:
    http = record.http
    part = f" {record.part}/{record.parts}" if record.parts > 1 else ""
    return (
        record.event_name or record.type or "",
        (record.mapping or "") + part,
        record.outcome + (" ?" if record.possible_duplicate else ""),
        record.reason,
        "" if http is None else _attempts(http.status, http.attempts),
        "" if http is None else f"{http.latency_ms:.0f}",
    )


def _attempts(status: int | None, attempts: int) -> str:
    answer = "none" if status is None else str(status)
    return answer if attempts == 1 else f"{answer} x{attempts}"


def _next(addresses: Addresses | None) -> tuple[str, ...]:
    command = _command()
    if addresses is None:
        return (
            f"\n{command} demo --keep   leaves it running, to try by hand",
            f"{command} init          writes a configuration of your own",
            f"{command} explain FILE  shows one event's way, sends nothing",
        )
    return (
        "\nAll of it runs until Ctrl-C:",
        f"{command} produce FILE --bootstrap-servers {addresses.broker}",
        f"{command} audit tail --bootstrap-servers {addresses.broker}",
        f"{addresses.sandbox}/_sandbox/requests shows what the stand-in for Kameleoon received",
    )


def _command() -> str:
    """How this command is called from here."""
    name = "kameleoon-pipeline"
    called = Path(sys.argv[0])
    if called.name != name:
        return f"{sys.executable} -m pipeline.cli.main"
    if shutil.which(name) is not None:
        return name
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)
