"""What the consumer group is told: where each partition stands, and that this worker is still there."""

import asyncio
from collections.abc import Collection, Mapping

from pipeline.core.record import TopicPartition
from pipeline.engine.assignment import Assignment
from pipeline.engine.braking import Braking
from pipeline.engine.lease import Lease
from pipeline.ports import Clock, Commit, ConsumerGroup


class Commits:
    """Commits one at a time: one that is under way might be tried again after a later one."""

    def __init__(
        self, group: ConsumerGroup, audit_topic: str, clock: Clock, lease: Lease, braking: Braking
    ) -> None:
        self._group = group
        self._audit_topic = audit_topic
        self._clock = clock
        self._lease = lease
        self._braking = braking
        self._committing = asyncio.Lock()

    @property
    def is_lease_held(self) -> bool:
        """Whether a commit has succeeded lately: else nothing may be sent."""
        return self._lease.is_held(self._clock.monotonic_s())

    async def take_over(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Commit what partitions begin with: it renews the lease. Raises LogUnavailable."""
        async with self._committing:
            await self._commit(commits)

    async def begin(self, opened: Collection[Assignment]) -> None:
        """From now on their records may be sent. Raises LogUnavailable."""
        async with self._committing:
            await self._commit(
                {found.partition: self._of(found, is_open=True, window=found.window) for found in opened}
            )

    async def renew(self, held: Collection[Assignment], window: int) -> None:
        """Commit all that is held, moved or not: it renews the lease. Raises LogUnavailable.

        A window shrinks before it is committed and grows after.
        """
        async with self._committing:
            going_on = [assignment for assignment in held if not assignment.is_closed]
            if not going_on:
                return
            for assignment in going_on:
                assignment.window = min(assignment.window, window)
            await self._commit(
                {found.partition: self._of(found, is_open=True, window=window) for found in going_on}
            )
            for assignment in going_on:
                assignment.window = window

    async def finish(self, closed: Collection[Assignment], *, is_drained: bool) -> None:
        """The last commit of assignments; they stay open for a successor while anything is in doubt.

        Raises LogUnavailable.
        """
        async with self._committing:
            if closed:
                await self._group.commit(
                    {
                        found.partition: self._of(
                            found,
                            is_open=found.is_ambiguous or found.is_given_up or not is_drained,
                            window=0,
                        )
                        for found in closed
                    }
                )

    async def _commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        began_s = self._clock.monotonic_s()
        await self._group.commit(commits)
        self._lease.renew(began_s)

    def _of(self, assignment: Assignment, *, is_open: bool, window: int) -> Commit:
        metadata = assignment.metadata(
            is_open=is_open, window=window, audit_topic=self._audit_topic, brake=self._braking.told
        )
        return Commit(assignment.ledger.watermark, metadata)
