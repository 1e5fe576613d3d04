"""The partitions in this worker's hands: taken over, received from, committed, given up, released."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import structlog

from pipeline.core.metrics import (
    AUDIT_FAILURES,
    COMMITS_FAILED,
    PARTITIONS_OPENED,
    PARTITIONS_RELEASED,
    RECORDS_RECEIVED,
    RECORDS_SETTLED,
)
from pipeline.core.record import Record, TopicPartition
from pipeline.engine.assignment import Assignment, Entry
from pipeline.engine.audit_writer import AuditWriter
from pipeline.engine.budget import InFlightBudget
from pipeline.engine.commits import Commits
from pipeline.engine.delivery import Delivery
from pipeline.engine.meter import Meter
from pipeline.engine.opening import Opener
from pipeline.engine.tracing import Traces
from pipeline.engine.watching import watch_partitions
from pipeline.ports import LogUnavailable

log = structlog.get_logger("pipeline.partitions")

_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0


class Partitions:
    """Holds the assignments and keeps their promises towards the consumer group.

    The order of a hand-over: `open` while nothing is sent, then `register` in the same step as the
    seek, without an await between them: records received earlier would vanish without a trace.
    `on_given_up` hears of partitions that are to be opened again, and after how many seconds.
    """

    def __init__(
        self,
        *,
        opener: Opener,
        commits: Commits,
        budget: InFlightBudget,
        delivery: Delivery,
        audit_writer: AuditWriter,
        max_spread: int,
        drain_s: float,
        meter: Meter,
        traces: Traces,
    ) -> None:
        self._opener = opener
        self._clock = opener.clock
        self._commits = commits
        self._delivery = delivery
        self._audit_writer = audit_writer
        self._max_spread = max_spread
        self._drain_s = drain_s
        self._held: dict[TopicPartition, Assignment] = {}
        self._given_up: dict[TopicPartition, Assignment] = {}
        self._releasing: list[Assignment] = []
        self._meter = meter
        self._traces = traces
        self.budget = budget
        self.on_given_up: Callable[[list[TopicPartition], float], None] = lambda _, __: None
        watch_partitions(
            meter,
            audit_writer=audit_writer,
            budget=budget,
            clock=self._clock,
            commits=commits,
            held=self._held,
            refused=lambda: self.refused,
            paused=lambda: sum(map(self.must_wait, self._held)),
        )

    @property
    def held(self) -> list[TopicPartition]:
        """The partitions that are received from."""
        return list(self._held)

    def assignments(self) -> list[Assignment]:
        """The assignments that are received for."""
        return list(self._held.values())

    def assignment(self, partition: TopicPartition) -> Assignment | None:
        """The present assignment of a partition; None when it is not ours (any more)."""
        return self._held.get(partition)

    @property
    def refused(self) -> int:
        """How many partitions wait for the brokers to take their outcomes or dead letters."""
        return len(self._given_up) + sum(found.is_refused for found in self._held.values())

    @property
    def is_lease_held(self) -> bool:
        """Whether a commit has succeeded lately: else nothing may be sent."""
        return self._commits.is_lease_held

    async def open(self, partitions: Iterable[TopicPartition]) -> list[Assignment]:
        """Take partitions over, not yet receiving. Raises LogUnavailable, StartRefusedError.

        Of those that were given up the exchanges under way end first.
        """
        wanted = {partition: self._given_up.get(partition) for partition in partitions}
        await self._delivery.drained([found for found in wanted.values() if found is not None])
        share = self.budget.share(len(self._held) + len(wanted))
        assignments, warnings = await self._opener.open(wanted, share)
        for warning in warnings:
            log.warning("opening", detail=warning)
        return assignments

    def register(self, assignments: Iterable[Assignment]) -> None:
        """Receive from now on; never awaits."""
        for assignment in assignments:
            self._given_up.pop(assignment.partition, None)
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
        size_bytes = sum([record.size_bytes for record in records])
        assignment.in_flight_bytes += size_bytes
        self.budget.take(size_bytes, len(records))
        return assignment

    def settle(self, entries: Sequence[Entry]) -> None:
        """All outcomes of these entries stand on the audit topic."""
        freed_bytes = freed = 0
        for entry in entries:
            entry.settle()
            if not entry.assignment.is_closed:
                size_bytes = entry.record.size_bytes
                entry.assignment.in_flight_bytes -= size_bytes
                freed_bytes += size_bytes
                freed += 1
        self._meter.add(RECORDS_SETTLED, len(entries))
        self.budget.give_back(freed_bytes, freed)

    def must_wait(self, partition: TopicPartition) -> bool:
        """Whether nothing may be received from it now: there is no room, or it is stretched."""
        return self.budget.room == 0 or self.is_stretched(partition)

    def is_stretched(self, partition: TopicPartition) -> bool:
        """Whether as many records wait as may be in flight, or too many lie above the watermark.

        Half of the bytes is the most as well: of several partitions none takes all the room.
        """
        assignment = self._held.get(partition)
        return assignment is not None and (
            assignment.ledger.unsettled >= 2 * assignment.window
            or assignment.ledger.spread >= self._max_spread
            or (len(self._held) > 1 and assignment.in_flight_bytes >= self.budget.max_bytes // 2)
        )

    @property
    def most_at_once(self) -> int:
        """How many records may be received at once: of several partitions none takes all the room.

        No fewer than that: the client fetches nothing new while much of what it has is not taken.
        """
        bound = self.budget.max_events // 3 if len(self._held) > 1 else self.budget.max_events
        return max(1, min(self.budget.room, bound))

    async def commit(self) -> None:
        """Commit all that is held. Raises LogUnavailable."""
        await self._commits.renew(self._held.values(), self.budget.share(len(self._held)))

    async def commit_regularly(self, interval_s: float) -> None:
        """Commit each `interval_s` for ever; a broker that does not answer is asked again."""
        while True:
            await self._clock.sleep(interval_s)
            try:
                await self.commit()
            except LogUnavailable as error:
                self._meter.add(COMMITS_FAILED)
                log.warning("commit failed, tried again in a moment", detail=str(error))

    def give_up(self, audit_partition: int, why: str) -> None:
        """What was written last to an audit partition may or may not stand: never write it again.

        Its assignments end without a commit and are opened anew, which reads back what does stand:
        at once, or, where that has not helped before, after a pause.
        """
        for assignment in self._releasing:
            if assignment.partition.partition == audit_partition:
                assignment.give_up()
        given_up = [found for found in self._held.values() if found.partition.partition == audit_partition]
        for assignment in given_up:
            del self._held[assignment.partition]
            self._drop(assignment)
            assignment.give_up()
            self._given_up[assignment.partition] = assignment
        self._traces.given_back(given_up)
        self._meter.add(AUDIT_FAILURES)
        pause_s = max(map(_pause_s, given_up), default=0.0)
        log.warning(
            "the audit is not acknowledged: reading it back",
            partition=audit_partition,
            detail=why,
            pause_s=pause_s,
        )
        self.on_given_up([found.partition for found in given_up], pause_s)

    async def release(self, partitions: Iterable[TopicPartition], spent_s: float = 0.0) -> None:
        """Give partitions back: exchanges under way end, the audit is flushed, the last commit made.

        `spent_s` of the time for it is gone already. The assignment stays open for its successor while
        anything is ambiguous. Raises LogUnavailable.
        """
        wanted = list(partitions)
        assignments = [self._held.pop(partition) for partition in wanted if partition in self._held]
        given_up = [self._given_up.pop(partition) for partition in wanted if partition in self._given_up]
        if assignments:
            log.info(
                "giving partitions back", partitions=[found.partition.partition for found in assignments]
            )
        for assignment in assignments:
            assignment.close()
            self._meter.add(PARTITIONS_RELEASED)
            self._drop(assignment)
        self._releasing = assignments
        is_drained = await self._drain([*assignments, *given_up], self._drain_s - spent_s)
        self._traces.given_back(assignments)
        await self._commits.finish(assignments, is_drained=is_drained)

    def abandon(self) -> None:
        """The worker crashes: what it holds stays open for its successor, nothing is committed."""
        self._held.clear()

    def _drop(self, assignment: Assignment) -> None:
        self.budget.give_back(assignment.in_flight_bytes, assignment.ledger.unsettled)

    async def _drain(self, assignments: list[Assignment], within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._delivery.drained(assignments)
                await self._audit_writer.flushed()
        except TimeoutError:
            log.warning("drain did not end in time", drain_s=self._drain_s)
            return False
        return True


def _pause_s(given_up: Assignment) -> float:
    """Whoever refuses everything is not asked without end: each opening costs commits and a marker."""
    if not given_up.is_stuck:
        return 0.0
    return min(_FIRST_PAUSE_S * 2.0 ** min(given_up.setbacks - 1, 16), _LONGEST_PAUSE_S)
