"""What the meter tells of the partitions whenever somebody asks."""

from collections.abc import Callable, Mapping

from pipeline.core.metrics import (
    AUDIT_PENDING,
    AUDIT_REFUSED,
    IN_FLIGHT_BYTES,
    IN_FLIGHT_EVENTS,
    LAG_SECONDS,
    LEASE_HELD,
    OLDEST_UNSETTLED_SECONDS,
    PARTITIONS_HELD,
    PARTITIONS_PAUSED,
    WATERMARK,
)
from pipeline.core.record import TopicPartition
from pipeline.engine.assignment import Assignment
from pipeline.engine.audit_writer import AuditWriter
from pipeline.engine.budget import InFlightBudget
from pipeline.engine.commits import Commits
from pipeline.engine.meter import Labels, Meter
from pipeline.ports import Clock


def watch_partitions(
    meter: Meter,
    *,
    audit_writer: AuditWriter,
    budget: InFlightBudget,
    commits: Commits,
    clock: Clock,
    held: Mapping[TopicPartition, Assignment],
    refused: Callable[[], int],
    paused: Callable[[], int],
) -> None:
    """Have the meter tell what is in flight and how far each partition held has come."""

    def of_each(tell: Callable[[Assignment], float]) -> dict[Labels, float]:
        return {(each.topic, str(each.partition)): tell(assignment) for each, assignment in held.items()}

    meter.watch(IN_FLIGHT_EVENTS, lambda: {(): budget.events})
    meter.watch(IN_FLIGHT_BYTES, lambda: {(): budget.bytes})
    meter.watch(PARTITIONS_HELD, lambda: {(): len(held)})
    meter.watch(PARTITIONS_PAUSED, lambda: {(): paused()})
    meter.watch(LEASE_HELD, lambda: {(): float(commits.is_lease_held)})
    meter.watch(AUDIT_REFUSED, lambda: {(): refused()})
    meter.watch(AUDIT_PENDING, lambda: {(): audit_writer.pending})
    meter.watch(WATERMARK, lambda: of_each(lambda assignment: assignment.ledger.watermark))
    meter.watch(
        OLDEST_UNSETTLED_SECONDS,
        lambda: of_each(lambda assignment: assignment.unsettled_for_s(clock.monotonic_s())),
    )
    meter.watch(LAG_SECONDS, lambda: of_each(lambda assignment: assignment.lag_s(clock.now_ms())))
