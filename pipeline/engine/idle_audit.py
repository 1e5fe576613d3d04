"""Where the audit of a partition that stands still begins: not where it was last heard of.

The audit partition of an idle partition of the replays grows with the events. Without this the next
worker would read back all that was written since the partition's own last outcome.
"""

from collections.abc import Callable, Collection
from typing import Final

from pipeline.engine.assignment import Assignment
from pipeline.ports import AuditLog, Clock, LogUnavailable

INTERVAL_S: Final = 60.0


async def follow_audit(
    held: Callable[[], Collection[Assignment]], audit: AuditLog, clock: Clock, interval_s: float = INTERVAL_S
) -> None:
    """Tell the idle ones among the held assignments the end of their audit, for ever."""
    while True:
        await clock.sleep(interval_s)
        numbers = {found.partition.partition for found in held() if found.ledger.spread == 0}
        try:
            ranges = await audit.ranges(numbers)
        except LogUnavailable:
            continue  # it only saves reading later on
        for assignment in held():
            if (known := ranges.get(assignment.partition.partition)) is not None:
                assignment.ledger.note_audit_end(known.end)
