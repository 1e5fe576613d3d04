"""Taking partitions over: opening commit, marker, and what the audit topic already holds.

Nothing is sent before all three are done. What cannot be read is retried by the caller; meanwhile
nothing is sent.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from pipeline.core.audit import AuditEntry, AuditRecord, encode
from pipeline.core.audit_decode import decode_audit
from pipeline.core.audit_view import Fences
from pipeline.core.commit import CommitMetadata, Opening, Unopenable, plan_opening
from pipeline.core.record import TopicPartition
from pipeline.engine.accounting import Author, assignment_marker
from pipeline.engine.assignment import Assignment
from pipeline.engine.lease import Lease
from pipeline.ports import AuditLog, Clock, Commit, ConsumerGroup, LogEntry


class StartRefusedError(Exception):
    """Only the operator can say what is meant; the text names the choices."""


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens assignments, each as its worker is to find it."""

    group: ConsumerGroup
    audit: AuditLog
    audit_topic: str
    author: Author
    clock: Clock
    lease: Lease

    async def open(
        self, partitions: Iterable[TopicPartition], window: int
    ) -> tuple[list[Assignment], list[str]]:
        """Take the partitions over, each with this window; answers the assignments and warnings for the log.

        Raises LogUnavailable when the broker does not answer, StartRefusedError when a commit does
        not fit its topic.
        """
        openings = await self._plan(list(partitions))
        began_s = self.clock.monotonic_s()
        await self.group.commit(
            {
                partition: Commit(opening.position, self._opened(opening, window))
                for partition, opening in openings.items()
            }
        )
        self.lease.renew(began_s)
        assignments = await asyncio.gather(
            *(self._take_over(partition, opening, window) for partition, opening in openings.items())
        )
        warnings = [
            f"{partition.topic} partition {partition.partition}: {found.warning}"
            for partition, found in openings.items()
            if found.warning
        ]
        return assignments, warnings

    async def _plan(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, Opening]:
        committed, events, audit = await asyncio.gather(
            self.group.committed(partitions),
            self.group.ranges(partitions),
            self.audit.ranges(partition.partition for partition in partitions),
        )
        openings = {}
        for partition in partitions:
            planned = plan_opening(
                committed[partition],
                events=events[partition],
                audit=audit[partition.partition],
                audit_topic=self.audit_topic,
                now_ms=self.clock.now_ms(),
            )
            if isinstance(planned, Unopenable):
                raise StartRefusedError(f"{partition.topic} partition {partition.partition}: {planned.why}")
            openings[partition] = planned
        return openings

    def _opened(self, opening: Opening, window: int) -> CommitMetadata:
        return CommitMetadata(
            pass_=opening.pass_,
            epoch=opening.epoch,
            is_open=True,
            window=max(window, opening.inherited_window),
            audit_topic=self.audit_topic,
            audit_from=opening.audit_from,
        )

    async def _take_over(self, partition: TopicPartition, opening: Opening, window: int) -> Assignment:
        assignment = Assignment(partition, opening, window)
        marker = encode(assignment_marker(self.author, assignment, self.clock.now_ms()))
        (marker_offset,) = await self.audit.append(partition.partition, [LogEntry(None, marker)])
        fences = Fences()
        async for audit_offset, value in self.audit.read(
            partition.partition, opening.audit_from, marker_offset
        ):
            found = decode_audit(value)
            if found is not None and fences.admits(found) and self._is_own(found, assignment):
                assignment.stands(found, audit_offset)
        return assignment

    def _is_own(self, found: AuditEntry, assignment: Assignment) -> TypeGuard[AuditRecord]:
        return (
            isinstance(found, AuditRecord)
            and found.pipeline == self.author.pipeline
            and found.pass_ == assignment.pass_
            and (found.source.topic, found.source.partition) == assignment.partition
            and found.source.offset >= assignment.ledger.watermark
        )
