"""The tables of docs/sizing.md: each stands between two comments that name it, and is computed."""

import re
from collections.abc import Iterable
from typing import Final

from bench.processes import ROOT
from bench.results import RESULTS
from bench.sizing.inputs import ENDPOINTS_MS, RATES, Inputs, Rows, measured, row_of, tables
from bench.sizing.limits import limits
from bench.sizing.model import Bounds, Endpoint, bounds, need, topics
from bench.variants import SLOW_MS, TABLES

PAGE: Final = ROOT / "docs" / "sizing.md"
_BLOCK: Final = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_FIGURE: Final = frozenset("0123456789∞")
_ENDPOINTS: Final = {
    f"{wire}-{ms}": Endpoint(ms / 1000, is_array=wire == "arrays")
    for wire in ("single", "arrays")
    for ms in ENDPOINTS_MS
}


def write() -> None:
    """Bring the page in line with what was measured."""
    results = RESULTS.read_text()
    PAGE.write_text(filled(PAGE.read_text(), measured(results), results))


def filled(page: str, inputs: Inputs, results: str) -> str:
    """The page with each of its tables made anew. Raises KeyError for a table that nobody makes."""
    made = made_tables(inputs, results)
    return _BLOCK.sub(lambda block: f"{block[1]}\n{made[block[2]]}\n\n{block[3]}", page)


def made_tables(inputs: Inputs, results: str) -> dict[str, str]:
    """Every table by its name."""
    return {
        "costs": _costs(inputs),
        "held-against": _held_against(inputs, tables(results)),
        "one-worker": _one_worker(inputs),
        "kafka": _kafka(inputs),
        **{f"need-{name}": _need(inputs, endpoint) for name, endpoint in _ENDPOINTS.items()},
        **{f"limits-{name}": _limits(inputs, endpoint) for name, endpoint in _ENDPOINTS.items()},
    }


def _costs(inputs: Inputs) -> str:
    by_hand = "measured by hand"
    zstd = f"{inputs.audit_zstd_bytes} bytes at full speed, {inputs.audit_zstd_slow_bytes} at 500 events/s"
    memory = f"{inputs.worker_mib:.0f} MiB, with arrays {inputs.array_worker_mib:.0f} MiB"
    arrays = f"CPU time of an event, arrays of {inputs.array_events}"
    rounds = f"{inputs.rounds_in_flight:g}: earlier events of its visitor go first"
    return _table(
        ("figure", "value", "from"),
        [
            ("CPU time of an event, one a request", f"{inputs.single_cpu_us:.1f} µs", "bench"),
            (arrays, f"{inputs.array_cpu_us:.1f} µs", "bench"),
            ("TLS to the endpoint", f"{inputs.tls_factor:.2f} times that", "bench"),
            ("memory of a worker", memory, "bench"),
            ("an event on the events topic", f"{inputs.event_bytes:,} bytes", by_hand),
            ("its request", f"{inputs.request_bytes:,} bytes", by_hand),
            ("its audit", f"{inputs.audit_bytes:,} bytes", by_hand),
            ("the same, `compression.type=zstd` on the audit topic", zstd, by_hand),
            ("exchanges that an event is in flight for", rounds, by_hand),
            ("appends to one partition", f"{inputs.partition_mb_s:.0f} MB/s", f"{by_hand}, without copies"),
            ("a core, at the usual rate", f"{inputs.core_share:.0%} busy", "chosen: the rest catches up"),
            ("connections to spare", f"{inputs.spare_connections:g} times the average", "chosen"),
            ("partitions of a worker", str(inputs.partitions_per_worker), "chosen"),
            ("writes of a broker, copies included", f"{inputs.broker_mb_s:.0f} MB/s", "assumed"),
        ],
    )


def _held_against(inputs: Inputs, results: dict[str, Rows]) -> str:
    """The model beside each run of the bench that it speaks of."""
    slow = SLOW_MS / 1000
    single, arrays = Endpoint(0, is_array=False, is_tls=False), Endpoint(0, is_array=True, is_tls=False)
    far, far_arrays = (
        Endpoint(slow, is_array=False, is_tls=False),
        Endpoint(slow, is_array=True, is_tls=False),
    )
    told: list[tuple[str, str, Bounds, int]] = [
        ("peers", "kameleoon-pipeline", bounds(inputs, single), 1),
        ("peers", "kameleoon-pipeline, arrays of 100", bounds(inputs, arrays), 1),
        ("tls", "TLS", bounds(inputs, Endpoint(0, is_array=False)), 1),
        ("slow", "concurrency 64", bounds(inputs, far, 64), 1),
        ("slow", "concurrency 256", bounds(inputs, far, 256, 8 * 256), 1),
        ("slow", "concurrency 64, 2 workers", bounds(inputs, far, 64), 2),
        ("slow", "arrays of 100", bounds(inputs, far_arrays), 1),
        ("slow", "arrays of 100, 6,400 in flight", bounds(inputs, far_arrays, in_flight=6400), 1),
    ]
    titles = {table.name: table.title for table in TABLES}
    rows = []
    for table, contender, bound, workers in told:
        found = row_of(results.get(titles[table], {}), contender)
        if found:
            model, run = workers * bound.lowest, found["events/s"]
            rows.append(
                (
                    f"{titles[table]}: {contender}",
                    _count(model),
                    _first(bound),
                    _count(run),
                    f"{run / model:.2f}",
                )
            )
    return _table(("run", "model, events/s", "bound by", "bench, events/s", "bench to model"), rows)


def _one_worker(inputs: Inputs) -> str:
    rows = []
    for name, endpoint in _ENDPOINTS.items():
        bound = bounds(inputs, endpoint)
        cells = (_count(bound.core), _count(bound.requests), _count(bound.in_flight), _first(bound))
        rows.append((_told(name), *cells))
    return _table(("endpoint", "core", "requests at a time", "events in flight", "first"), rows)


def _first(bound: Bounds) -> str:
    named = {"core": bound.core, "requests at a time": bound.requests, "events in flight": bound.in_flight}
    return min(named, key=lambda name: named[name])


def _need(inputs: Inputs, endpoint: Endpoint) -> str:
    rows = []
    for rate in RATES:
        found = need(inputs, endpoint, rate)
        rows.append(
            (
                _count(rate),
                _count(found.workers),
                _count(found.partitions),
                _count(found.requests_per_s),
                _count(max(1, found.connections)),
                _count(found.concurrency),
                _count(found.in_flight),
                f"{found.memory_gib:.1f} GiB",
            )
        )
    return _table(
        (
            "events/s",
            "workers = cores",
            "partitions",
            "requests/s",
            "connections under way",
            "`concurrency`",
            "events in flight",
            "memory",
        ),
        rows,
    )


def _kafka(inputs: Inputs) -> str:
    rows = []
    for rate in RATES:
        found = topics(inputs, rate)
        rows.append(
            (
                _count(rate),
                _amount(found.events_mb_s),
                _amount(found.audit_mb_s),
                _amount(found.written_mb_s),
                str(found.brokers),
                f"{_amount(found.audit_tb)} TB",
                f"{_amount(found.audit_zstd_tb)} TB",
                _amount(rate * inputs.request_bytes * 8 / 1e6),
            )
        )
    return _table(
        (
            "events/s",
            "events, MB/s",
            "audit, MB/s",
            f"written with {inputs.copies} copies, MB/s",
            "brokers",
            f"audit of {inputs.audit_days} days",
            "with zstd",
            "to Kameleoon, Mbit/s",
        ),
        rows,
    )


def _limits(inputs: Inputs, endpoint: Endpoint) -> str:
    rows = [(_count(limit.rate), limit.what, limit.mend) for limit in limits(inputs, endpoint)]
    return _table(("from events/s", "limit", "what to set"), rows)


def _told(name: str) -> str:
    wire, _, milliseconds = name.partition("-")
    return f"{milliseconds} ms, {'one event a request' if wire == 'single' else 'arrays'}"


def _count(value: float) -> str:
    return "∞" if value == float("inf") else f"{value:,.0f}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"  # noqa: PLR2004 (digits shown)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    rows = list(rows)
    columns = zip(*rows, strict=True)
    rule = ["--:" if all(cell[0] in _FIGURE for cell in column) else "---" for column in columns]
    lines = [head, rule, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
