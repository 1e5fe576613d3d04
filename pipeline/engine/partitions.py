"""The partitions in this worker's hands: taken over, received from, committed, released."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog

from pipeline.core.metrics import (
    AUDIT_PENDING,
    COMMITS_FAILED,
    IN_FLIGHT_BYTES,
    IN_FLIGHT_EVENTS,
    OLDEST_UNSETTLED_SECONDS,
    PARTITIONS_HELD,
    PARTITIONS_OPENED,
    PARTITIONS_RELEASED,
    RECORDS_RECEIVED,
    RECORDS_SETTLED,
    WATERMARK,
)
from pipeline.core.record import Record, TopicPartition
from pipeline.engine.assignment import Assignment, Entry
from pipeline.engine.audit_writer import AuditWriter
from pipeline.engine.budget import InFlightBudget
from pipeline.engine.delivery import Delivery
from pipeline.engine.lease import Lease
from pipeline.engine.meter import Labels, Meter
from pipeline.engine.opening import Opener
from pipeline.ports import Commit, ConsumerGroup, LogUnavailable

log = structlog.get_logger("pipeline.partitions")


class Partitions:
    """Holds the assignments and keeps their promises towards the consumer group.

    The order of a hand-over: `open` while nothing is sent, then `register` in the same step as the
    seek, without an await between them: records received earlier would vanish without a trace.
    """

    def __init__(
        self,
        *,
        opener: Opener,
        group: ConsumerGroup,
        budget: InFlightBudget,
        delivery: Delivery,
        audit_writer: AuditWriter,
        lease: Lease,
        max_spread: int,
        drain_s: float,
        meter: Meter,
    ) -> None:
        self._opener = opener
        self._clock = opener.clock
        self._group = group
        self._delivery = delivery
        self._audit_writer = audit_writer
        self._lease = lease
        self._max_spread = max_spread
        self._drain_s = drain_s
        self._held: dict[TopicPartition, Assignment] = {}
        self._committing = asyncio.Lock()
        self.budget = budget
        self._meter = meter
        self._watch(meter)

    @property
    def held(self) -> list[TopicPartition]:
        """The partitions that are received from."""
        return list(self._held)

    @property
    def is_lease_held(self) -> bool:
        """Whether a commit has succeeded lately: else nothing may be sent."""
        return self._lease.is_held(self._clock.monotonic_s())

    async def open(self, partitions: Iterable[TopicPartition]) -> list[Assignment]:
        """Take partitions over, not yet receiving. Raises LogUnavailable, StartRefusedError."""
        wanted = list(partitions)
        share = self.budget.share(len(self._held) + len(wanted))
        assignments, warnings = await self._opener.open(wanted, share)
        for warning in warnings:
            log.warning("opening", detail=warning)
        return assignments

    def register(self, assignments: Iterable[Assignment]) -> None:
        """Receive from now on; never awaits."""
        for assignment in assignments:
            self._held[assignment.partition] = assignment
            self._meter.add(PARTITIONS_OPENED)

    def receive(self, partition: TopicPartition, records: Sequence[Record]) -> Assignment | None:
        """Account for records just read; None when the partition is not ours (any more): drop them."""
        assignment = self._held.get(partition)
        if assignment is None:
            return None
        self._meter.add(RECORDS_RECEIVED, len(records))
        assignment.note_received(records[-1].offset, self._clock.monotonic_s())
        for record in records:
            assignment.ledger.receive(record.offset)
            assignment.in_flight_bytes += record.size_bytes
            self.budget.take(record.size_bytes)
        return assignment

    def settle(self, entry: Entry) -> None:
        """All outcomes of an entry stand on the audit topic."""
        entry.settle()
        self._meter.add(RECORDS_SETTLED)
        assignment, size_bytes = entry.assignment, entry.record.size_bytes
        if not assignment.is_closed:
            assignment.in_flight_bytes -= size_bytes
            self.budget.give_back(size_bytes)

    def is_stretched(self, partition: TopicPartition) -> bool:
        """Whether too many records lie above the partition's watermark, or wait, to receive more."""
        assignment = self._held.get(partition)
        return assignment is not None and (
            assignment.ledger.spread >= self._max_spread or len(assignment.waiting) >= assignment.window
        )

    async def commit(self) -> None:
        """Commit all that is held, moved or not: it renews the lease. Raises LogUnavailable.

        A window shrinks before it is committed and grows after.
        """
        async with self._committing:
            held = list(self._held.values())
            if not held:
                return
            share = self.budget.share(len(held))
            for assignment in held:
                assignment.window = min(assignment.window, share)
            began_s = self._clock.monotonic_s()
            await self._group.commit(
                {found.partition: self._commit_of(found, is_open=True, window=share) for found in held}
            )
            self._lease.renew(began_s)
            for assignment in held:
                assignment.window = share

    async def commit_regularly(self, interval_s: float) -> None:
        """Commit each `interval_s` for ever; a broker that does not answer is asked again."""
        while True:
            await self._clock.sleep(interval_s)
            try:
                await self.commit()
            except LogUnavailable as error:
                self._meter.add(COMMITS_FAILED)
                log.warning("commit failed, tried again in a moment", detail=str(error))

    async def release(self, partitions: Iterable[TopicPartition]) -> None:
        """Give partitions back: exchanges under way end, the audit is flushed, the last commit made.

        The assignment stays open for its successor while anything is ambiguous. Raises LogUnavailable.
        """
        assignments = [self._held.pop(partition) for partition in partitions if partition in self._held]
        if assignments:
            log.info(
                "giving partitions back", partitions=[found.partition.partition for found in assignments]
            )
        for assignment in assignments:
            assignment.close()
            self._meter.add(PARTITIONS_RELEASED)
            self.budget.give_back(assignment.in_flight_bytes, assignment.ledger.unsettled)
        is_drained = await self._drain(assignments)
        commits = {
            assignment.partition: self._commit_of(
                assignment, is_open=assignment.is_ambiguous or not is_drained, window=0
            )
            for assignment in assignments
        }
        if commits:
            async with self._committing:  # one that is under way might be tried again after this one
                await self._group.commit(commits)

    def abandon(self) -> None:
        """The worker crashes: what it holds stays open for its successor, nothing is committed."""
        self._held.clear()

    async def _drain(self, assignments: list[Assignment]) -> bool:
        try:
            async with asyncio.timeout(self._drain_s):
                await self._delivery.drained(assignments)
                await self._audit_writer.flushed()
        except TimeoutError:
            log.warning("drain did not end in time", drain_s=self._drain_s)
            return False
        return True

    def _watch(self, meter: Meter) -> None:
        meter.watch(IN_FLIGHT_EVENTS, lambda: {(): self.budget.events})
        meter.watch(IN_FLIGHT_BYTES, lambda: {(): self.budget.bytes})
        meter.watch(PARTITIONS_HELD, lambda: {(): len(self._held)})
        meter.watch(AUDIT_PENDING, lambda: {(): self._audit_writer.pending})
        meter.watch(WATERMARK, lambda: self._of_each(lambda held: held.ledger.watermark))
        meter.watch(
            OLDEST_UNSETTLED_SECONDS,
            lambda: self._of_each(lambda held: held.unsettled_for_s(self._clock.monotonic_s())),
        )

    def _of_each(self, tell: Callable[[Assignment], float]) -> dict[Labels, float]:
        return {
            (partition.topic, str(partition.partition)): tell(held) for partition, held in self._held.items()
        }

    def _commit_of(self, assignment: Assignment, *, is_open: bool, window: int) -> Commit:
        metadata = assignment.metadata(is_open=is_open, window=window, audit_topic=self._opener.audit_topic)
        return Commit(assignment.ledger.watermark, metadata)
