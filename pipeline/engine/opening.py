"""Taking partitions over: opening commit, marker, and what the audit topic already holds.

Nothing is sent before all three are done. What cannot be read is retried by the caller; meanwhile
nothing is sent.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from pipeline.core.audit import AuditEntry, AuditRecord, encode
from pipeline.core.audit_decode import decode_audit
from pipeline.core.audit_view import Fences
from pipeline.core.commit import CommitMetadata, Committed, Opening, Unopenable, parse_metadata, plan_opening
from pipeline.core.record import TopicPartition
from pipeline.engine.accounting import Author, assignment_marker
from pipeline.engine.assignment import Assignment
from pipeline.engine.braking import Braking
from pipeline.engine.commits import Commits
from pipeline.ports import AuditLog, Clock, Commit, ConsumerGroup, LogEntry, LogUnavailable

_OUTRANKED: Final = (
    "the audit topic holds a marker of a later epoch than this worker's: its readers take what this worker "
    "tells for void. Another worker has taken over by now; or the marker is forged, or old commits were "
    "restored: then stop the workers and set the group's offsets, which begins a new pass"
)


class StartRefusedError(Exception):
    """Only the operator can say what is meant; the text names the choices."""


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens assignments, each as its worker is to find it."""

    group: ConsumerGroup
    commits: Commits
    audit: AuditLog
    audit_topic: str
    author: Author
    clock: Clock
    braking: Braking

    async def open(
        self, partitions: Mapping[TopicPartition, Assignment | None], window: int
    ) -> tuple[list[Assignment], list[str]]:
        """Take the partitions over, each with this window; answers the assignments and warnings for the log.

        With a partition comes the assignment that this very worker gave up, if it did. Until the last
        commit a crash leaves no more doubt than there was. Raises LogUnavailable when the broker does
        not answer, StartRefusedError when a commit does not fit its topic.
        """
        openings = await self._plan(partitions)
        await self.commits.take_over(
            {
                partition: Commit(opening.position, self._taken_over(opening))
                for partition, opening in openings.items()
            }
        )
        assignments = [
            self._assignment(partition, opening, window, partitions[partition])
            for partition, opening in openings.items()
        ]
        told = await asyncio.gather(
            *(
                self._read_back(assignment, opening)
                for assignment, opening in zip(assignments, openings.values(), strict=True)
            )
        )
        for opening in openings.values():
            self.braking.meet(opening.brake)
        await self.commits.begin(assignments)
        warnings = [
            f"{partition.topic} partition {partition.partition}: {warning}"
            for (partition, found), of_audit in zip(openings.items(), told, strict=True)
            for warning in (found.warning, of_audit)
            if warning
        ]
        return assignments, warnings

    async def _plan(
        self, partitions: Mapping[TopicPartition, Assignment | None]
    ) -> Mapping[TopicPartition, Opening]:
        committed, events, audit = await asyncio.gather(
            self.group.committed(partitions),
            self.group.ranges(partitions),
            self.audit.ranges(partition.partition for partition in partitions),
        )
        openings = {}
        for partition, given_up in partitions.items():
            if given_up is not None and _is_outdated(committed[partition], given_up):
                raise LogUnavailable(
                    f"{partition.topic} partition {partition.partition}: the group's commit is older than "
                    "one that this worker has made, the brokers do not tell the newest yet"
                )
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

    def _taken_over(self, opening: Opening) -> CommitMetadata:
        return CommitMetadata(
            pass_=opening.pass_,
            epoch=opening.epoch,
            is_open=opening.inherited_window > 0,
            window=opening.inherited_window,
            audit_topic=self.audit_topic,
            audit_from=opening.audit_from,
            fence=opening.fence,
            brake=opening.brake,
        )

    def _assignment(
        self, partition: TopicPartition, opening: Opening, window: int, given_up: Assignment | None
    ) -> Assignment:
        assignment = Assignment(partition, opening, window)
        if given_up is not None and given_up.pass_ == assignment.pass_:
            assignment.continue_from(given_up)
        return assignment

    async def _read_back(self, assignment: Assignment, opening: Opening) -> str:
        """Raise the fence, then take in all that stands below it; answers a warning, mostly none."""
        number = assignment.partition.partition
        marker = assignment_marker(self.author, assignment, self.clock.now_ms())
        (marker_offset,) = await self.audit.append(number, [LogEntry(None, encode(marker))])
        fences = Fences()
        fences.admits(replace(marker, epoch=opening.fence))  # announced before what is read
        async for audit_offset, value in self.audit.read(number, opening.audit_from, marker_offset):
            found = decode_audit(value)
            if found is not None and fences.admits(found) and self._is_of(found, assignment.partition):
                self._take(found, audit_offset, assignment)
        assignment.ledger.note_marker(assignment.epoch, marker_offset)
        assignment.ledger.note_audit_end(marker_offset)
        return "" if fences.admits(marker) else _OUTRANKED

    def _is_of(self, found: AuditEntry, partition: TopicPartition) -> bool:
        source = found.source
        return found.pipeline == self.author.pipeline and (source.topic, source.partition) == partition

    def _take(self, found: AuditEntry, audit_offset: int, assignment: Assignment) -> None:
        if not isinstance(found, AuditRecord):
            assignment.ledger.note_marker(found.epoch, audit_offset)
        elif found.pass_ == assignment.pass_ and found.source.offset >= assignment.ledger.watermark:
            assignment.stands(found, audit_offset)


def _is_outdated(committed: Committed | None, given_up: Assignment) -> bool:
    """Whether this very worker has committed after that.

    Brokers that have all crashed together tell an old commit, or none, until they agree again on
    what was written last. Obeyed, it would begin a new pass, or an epoch whose records are void.
    """
    if committed is None:
        return True
    told = parse_metadata(committed.metadata)
    return told is not None and (told.pass_, told.epoch) < (given_up.pass_, given_up.epoch)
