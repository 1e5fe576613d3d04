"""How `audit summary` looks: tables for people, one object for programs."""

from rich.table import Table
from rich.text import Text

from pipeline.cli.console import printable, wide_console
from pipeline.core.audit import OutcomeKind
from pipeline.core.audit_summary import AuditSummary

PERCENTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))


def as_object(found: AuditSummary) -> dict[str, object]:
    """The summary as JSON."""
    return {
        "records": found.records,
        "events": found.events,
        "outcomes": {kind.value: found.outcomes(kind) for kind in OutcomeKind},
        "reasons": [
            {"outcome": outcome.value, "reason": reason, "count": count}
            for (outcome, reason), count in found.by_reason.most_common()
        ],
        "delivered_without_visitor_code": {
            "count": found.without_visitor_code,
            "share": _rounded(found.share_without_visitor_code, 4),
        },
        "possible_duplicates": found.possible_duplicates,
        "replays": found.replays,
        "latency_ms": {
            **{name: _rounded(found.latencies.percentile(share), 1) for name, share in PERCENTILES},
            "max": _rounded(found.latencies.longest_ms, 1),
        },
        "void": found.void,
        "foreign": found.foreign,
    }


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)


def print_tables(found: AuditSummary) -> None:
    """The summary on standard output."""
    console = wide_console()
    table = Table("outcome", "reason", box=None, pad_edge=False)
    table.add_column("records", justify="right")
    table.add_column("share", justify="right")
    for (outcome, reason), count in found.by_reason.most_common():
        table.add_row(outcome.value, Text(printable(reason)), f"{count:,}", f"{count / found.records:.1%}")
    console.print(table)
    facts = Table(box=None, pad_edge=False, show_header=False)
    for name, fact in _facts(found):
        facts.add_row(name, fact)
    console.print()
    console.print(facts)


def _facts(found: AuditSummary) -> list[tuple[str, str]]:
    delivered, share = found.outcomes(OutcomeKind.DELIVERED), found.share_without_visitor_code
    facts = [("records", f"{found.records:,} of {found.events:,} events")]
    if delivered and share is not None:
        without = f"{found.without_visitor_code:,} of {delivered:,} ({share:.1%})"
        facts.append(("delivered without a visitor code", without))
    facts.append(("possible duplicates", f"{found.possible_duplicates:,}"))
    percentiles = [(name, found.latencies.percentile(share)) for name, share in PERCENTILES]
    told = [*percentiles, ("max", found.latencies.longest_ms)]
    if found.latencies.longest_ms is not None:
        facts.append(("latency", ", ".join(f"{name} {value:,.1f} ms" for name, value in told)))
    asides = (
        ("replays", found.replays),
        ("void, of workers that had lost their partition", found.void),
        ("foreign values", found.foreign),
    )
    return facts + [(name, f"{count:,}") for name, count in asides if count]
