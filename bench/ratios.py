"""How many times as fast the pipeline is, and how many times as little CPU time it takes, in one run."""

from statistics import median
from typing import Final

from bench.rounds import Result, Row

_PAIRS: Final = {
    "peers": (
        ("pipeline", "redpanda-kept"),
        ("pipeline", "redpanda"),
        ("pipeline", "segment"),
        ("pipeline", "faust"),
        ("pipeline", "aiohttp-loop"),
        ("pipeline", "direct-loop"),
        ("pipeline-array", "pipeline"),
    ),
    "mappings": (("pipeline-50", "pipeline"),),
    "tls": (("pipeline-tls", "pipeline"),),
    "slow": (("slow-64-2", "slow-64"), ("slow-256", "slow-64"), ("slow-array-6400", "slow-array")),
}


def ratios(result: Result) -> str:
    """A table of the pairs worth comparing; empty where there are none."""
    rows = {row.name: row for row in result.rows if row.runs}
    pairs = [
        (rows[one], rows[other])
        for one, other in _PAIRS.get(result.name, ())
        if one in rows and other in rows
    ]
    lines = [
        f"| {one.title} | {other.title} | {_rate(one) / _rate(other):.2f} | {_cpu(other) / _cpu(one):.2f} |"
        for one, other in pairs
    ]
    head = ["| this | against | times the events/s | times the events per CPU second |", "|---|---|--:|--:|"]
    return "\n".join([*head, *lines]) if lines else ""


def _rate(row: Row) -> float:
    return median(run.rate for run in row.runs)


def _cpu(row: Row) -> float:
    return median(run.cpu_us for run in row.runs)
