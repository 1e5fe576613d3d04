"""Every figure that the sizing rests on, and where it comes from: change one, and make the page anew.

`measured` reads what `make bench` has written to RESULTS.md; the rest stands here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.results import RESULTS
from bench.variants import TABLES
from pipeline.config.delivery import Audit, Delivery
from pipeline.config.wire import Array

RATES: Final = (100, 1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000)
"""Events a second that the tables have a row for."""

ENDPOINTS_MS: Final = (5, 50)
"""How long the endpoint takes for a request, connections kept: one near by, one far away."""

Rows = dict[str, dict[str, float]]
"""Figures of one table of RESULTS.md: contender → column → median."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """One machine's and one endpoint's figures. Bytes are those of the bench's corpus."""

    # Measured by `make bench`, read from RESULTS.md.
    single_cpu_us: float
    array_cpu_us: float
    tls_factor: float
    worker_mib: float
    array_worker_mib: float

    # The defaults of the configuration, which the bench ran with.
    concurrency: int = Delivery().concurrency
    max_in_flight_events: int = Delivery().max_in_flight_events
    array_max_in_flight_events: int = Delivery(wire=Array()).max_in_flight_events
    array_events: int = Array().max_events
    array_linger_s: float = Array().linger_s
    audit_linger_s: float = Audit().linger_s

    # Measured once, by hand, on the same machine and corpus.
    event_bytes: int = 1285  # a record of the events topic on disk, uncompressed
    request_bytes: int = 1300  # the body, 1,068 bytes, and the headers
    audit_bytes: int = 820  # of audit topic for one event, at full speed
    audit_zstd_bytes: int = 75  # the same with compression.type=zstd on the audit topic, at 4,500 events/s
    audit_zstd_slow_bytes: int = 400  # the same at 500 events/s: batches of one or two records
    rounds_in_flight: float = (
        2.0  # exchanges that an event is in flight for: those of its visitor before it too
    )
    audit_ack_s: float = 0.005  # from the append to the acknowledgement
    partition_mb_s: float = 159.0  # acknowledged appends to one partition, one broker, no copies

    # Chosen.
    core_share: float = 0.7  # of a core at the usual rate; the rest catches up after a stop
    spare_connections: float = 1.5  # for answers that are slower than usual
    partitions_per_worker: int = 3  # so that a worker more or less moves little

    # Assumed: nobody has tried it here.
    copies: int = 3  # replication factor
    broker_mb_s: float = 100.0  # writes that one broker takes, copies of others included
    audit_days: int = 30  # the contract's retention.ms
    disk_tb: float = 1.0  # for the audit topic, each copy
    ports: int = 28_232  # connections from one address to one other: Linux's ip_local_port_range
    default_partitions: int = 12  # of the contract's events topic
    workers_tried: int = 2  # in one consumer group, at full speed; 16 at a low rate


def tables(text: str) -> dict[str, Rows]:
    """The tables of RESULTS.md by their section's title; a cell counts with its first number."""
    return {
        part.partition("\n")[0]: dict(_rows(part))
        for part in text.split("\n## ")[1:]
        if "\n| contender |" in part
    }


def _rows(section: str) -> Iterator[tuple[str, dict[str, float]]]:
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    head = lines[0]
    for cells in lines[1:]:
        if len(cells) != len(head):
            return  # the table of ratios
        yield (
            cells[0],
            {
                name: float(cell.split()[0].replace(",", ""))
                for name, cell in zip(head[1:], cells[1:], strict=True)
                if cell != "-"
            },
        )


def measured(text: str | None = None) -> Inputs:
    """The inputs, with what stands in RESULTS.md."""
    found = tables(RESULTS.read_text() if text is None else text)
    peers, tls = found[_title("peers")], found[_title("tls")]
    single, array = peers["kameleoon-pipeline"], peers["kameleoon-pipeline, arrays of 100"]
    return Inputs(
        single_cpu_us=single["CPU µs an event"],
        array_cpu_us=array["CPU µs an event"],
        tls_factor=row_of(tls, "TLS")["CPU µs an event"] / tls["kameleoon-pipeline"]["CPU µs an event"],
        worker_mib=single["peak memory"],
        array_worker_mib=array["peak memory"],
    )


def row_of(rows: Rows, name: str) -> dict[str, float]:
    """The row of a run, with or without the pipeline's name before it. Empty where there is none."""
    return next((row for told, row in rows.items() if told == name or told.endswith(f", {name}")), {})


def _title(name: str) -> str:
    return next(table.title for table in TABLES if table.name == name)
