"""How `reconcile` tells what it found: a table for people, one object for programs."""

import json
from dataclasses import asdict
from typing import Any

from rich.table import Table

from pipeline.cli.console import printable, wide_console
from pipeline.core.reconcile.findings import Kind, PartitionReport, Reconciliation


def print_json(found: Reconciliation) -> None:
    """One object on one line."""
    print(json.dumps(as_object(found)))


def as_object(found: Reconciliation) -> dict[str, Any]:
    """The whole of it."""
    return {
        "clean": found.is_clean,
        "records": sum(report.records for report in found.partitions),
        "complete": sum(report.complete for report in found.partitions),
        "counts": {kind: _count(found, kind) for kind in Kind},
        "audit_records": found.audit_records,
        "foreign": found.foreign,
        "misplaced": found.misplaced,
        "partitions": [_partition(report) for report in found.partitions],
    }


def _partition(report: PartitionReport) -> dict[str, Any]:
    fields = asdict(report)
    fields["pass"] = fields.pop("pass_")
    fields["counts"] = {kind: report.counts[kind] for kind in Kind}
    for finding in fields["findings"]:
        del finding["topic"], finding["partition"]
    return fields


def _count(found: Reconciliation, kind: Kind) -> int:
    return sum(report.counts[kind] for report in found.partitions)


_ASIDES = ("void", "replayed", "lost", "removed", "too_old", "compacted")
"""Figures that are no mistakes; shown where there are any."""


def print_report(found: Reconciliation) -> None:
    """Tables on standard output, then what is wrong, then the verdict."""
    console = wide_console()
    shown = [report for report in found.partitions if report.end > report.begin or report.note]
    asides = [name for name in _ASIDES if any(getattr(report, name) for report in shown)]
    wrong = [kind for kind in Kind if _count(found, kind)]
    table = Table("topic", "partition", "pass", box=None, pad_edge=False)
    for name in ("offsets", "records", "complete", *wrong, *asides):
        table.add_column(name.replace("_", " "), justify="right")
    for report in shown:
        table.add_row(
            *_cells(report), *(f"{report.counts[kind]:,}" for kind in wrong), *_asides(report, asides)
        )
    console.print(table)
    for line in _lines(found, shown):
        console.print(printable(line), markup=False)


def _cells(report: PartitionReport) -> list[str]:
    return [
        report.topic,
        str(report.partition),
        str(report.pass_ or "-"),
        f"{report.begin}..{report.end}",
        f"{report.records:,}",
        f"{report.complete:,}",
    ]


def _asides(report: PartitionReport, names: list[str]) -> list[str]:
    return [f"{getattr(report, name):,}" for name in names]


def _lines(found: Reconciliation, shown: list[PartitionReport]) -> list[str]:
    lines = [""]
    lines += [
        f"{report.topic} partition {report.partition}: {report.note}" for report in shown if report.note
    ]
    lines += [str(finding) for report in shown for finding in report.findings]
    named = sum(len(report.findings) for report in shown)
    wrong = sum(report.counts.total() for report in shown)
    if wrong > named:
        lines.append(f"and {wrong - named:,} more (--all names them)")
    for count, what in ((found.foreign, "are not ours"), (found.misplaced, "stand in the wrong partition")):
        if count:
            lines.append(f"{count:,} of {found.audit_records:,} audit records {what}")
    lines.append(_verdict(found, wrong))
    return lines


def _verdict(found: Reconciliation, wrong: int) -> str:
    records = sum(report.records for report in found.partitions)
    if found.is_clean:
        return f"Every one of {records:,} records is accounted for."
    if wrong:
        return f"{wrong:,} of {records:,} records are not accounted for."
    return f"What was judged, {records:,} records, is accounted for; not all that was asked for was judged."
