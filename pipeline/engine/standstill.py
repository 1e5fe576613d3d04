"""A worker that has work and stands still for no known reason ends, and tells what waits where.

Nothing is lost by that: whoever starts it again reads the audit and goes on.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import Any, Final

import structlog

from pipeline.core.metrics import HTTP_ANSWERS, LAG_RECORDS, PROBES, RECORDS_SETTLED, Metric
from pipeline.core.standstill import LOOKS, Sight, Standstill
from pipeline.engine.assignment import Assignment, Entry
from pipeline.engine.meter import Meter
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.worker")

_PROGRESS: Final = frozenset({RECORDS_SETTLED, HTTP_ANSWERS, PROBES})
_MOST_TOLD: Final = 20


class StandstillError(Exception):
    """The worker has stood still for too long; the text says how long, and with how much to do."""


async def watch_standstill(
    limit_s: float,
    *,
    clock: Clock,
    held: Callable[[], Collection[Assignment]],
    is_waiting: Callable[[], bool],
    meter: Meter,
) -> None:
    """Look regularly for ever. Raises StandstillError after `limit_s` without any progress.

    `is_waiting` tells whether the worker knows why nothing moves.
    """
    standstill = Standstill()
    while True:
        await clock.sleep(limit_s / LOOKS)
        behind = _sum_of(meter, {LAG_RECORDS})
        if standstill.look(Sight(_sum_of(meter, _PROGRESS), behind, is_waiting())):
            _tell(held(), clock.monotonic_s())
            raise StandstillError(f"{behind:g} records wait; for {limit_s:g} s none was settled or answered")


def _sum_of(meter: Meter, metrics: Collection[Metric]) -> float:
    values = [value for metric, _, value in meter.read() if metric in metrics]
    return sum(value for value in values if isinstance(value, float | int))


def _tell(held: Collection[Assignment], now_s: float) -> None:
    for assignment in islice((found for found in held if found.ledger.unsettled), _MOST_TOLD):
        log.error("a partition stands still", **_partition(assignment, now_s))
    log.error("what the tasks wait for", tasks=dict(_places().most_common(_MOST_TOLD)))


def _partition(assignment: Assignment, now_s: float) -> dict[str, Any]:
    oldest = next(iter(assignment.entries.values()), None)
    return {
        "topic": assignment.partition.topic,
        "partition": assignment.partition.partition,
        "watermark": assignment.ledger.watermark,
        "unsettled": assignment.ledger.unsettled,
        "for_s": round(assignment.unsettled_for_s(now_s), 1),
        "not_admitted": len(assignment.waiting),
        "under_way": assignment.under_way,
    } | ({} if oldest is None else _entry(oldest))


def _entry(entry: Entry) -> dict[str, int]:
    """Of the oldest record: how many visitors it waits behind, what is to be sent, what the audit lacks."""
    return {
        "oldest_offset": entry.record.offset,
        "lanes_ahead": entry.lanes_ahead,
        "to_deliver": len(entry.to_deliver),
        "unaudited": entry.unaudited,
    }


def _places() -> Counter[str]:
    """Where tasks wait, and how many at each place; no values, for they may be of events."""
    return Counter(place for task in asyncio.all_tasks() for place in _innermost(task.get_coro()))


def _innermost(waiting: object) -> Iterator[str]:
    """The deepest place in Python code that a coroutine waits at."""
    found = ""
    while (frame := getattr(waiting, "cr_frame", None)) is not None:
        found = f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}"
        waiting = waiting.cr_await  # type: ignore[attr-defined]  # what has a cr_frame is a coroutine
    if found:
        yield found
