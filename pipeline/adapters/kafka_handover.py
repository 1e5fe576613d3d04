"""Taking partitions over and giving them back, as the consumer group shares them out.

A partition is paused from the moment it is assigned until its audit was read back; then seek,
registration and resumption are one step without an await (docs/adr/0004).
"""

import asyncio
import time
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka import TopicPartition as KafkaPartition

from pipeline.adapters.kafka_log import KafkaAuditLog
from pipeline.adapters.kafka_membership import Membership
from pipeline.adapters.kafka_pacing import Pacing
from pipeline.core.batch import halves
from pipeline.core.record import TopicPartition
from pipeline.engine.assignment import Assignment
from pipeline.engine.opening import StartRefusedError
from pipeline.engine.partitions import Partitions
from pipeline.ports import LogUnavailable

log = structlog.get_logger("pipeline.source")

_RETRY_S: Final = 1.0
_OPENING_S: Final = 5.0


class Handover(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Listens to rebalances. What fails in it, `failed` raises: the client swallows exceptions.

    To be made inside the running loop.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        membership: Membership,
        partitions: Partitions,
        audit: KafkaAuditLog,
        pacing: Pacing,
    ) -> None:
        self._consumer = consumer
        self._membership = membership
        self._partitions = partitions
        self._audit = audit
        self._pacing = pacing
        self._openings: set[asyncio.Task[None]] = set()
        self._handing_over = asyncio.Lock()
        self._gives_back = asyncio.Event()
        self._is_leaving = False
        self.has_joined = False
        self._told_missing: set[int] = set()
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        partitions.on_given_up = self._reopen

    async def release(self) -> None:
        """Give everything back before leaving: the consumer's own stop does not. Raises LogUnavailable.

        A rebalance that comes meanwhile waits for it, and it waits for a rebalance under way: until
        the last commit nobody else may have the partitions. Nothing is taken over any more.
        """
        self._is_leaving = True
        async with self._handing_over:
            spent_s = await self._finish_openings()
            await self._partitions.release(self._partitions.held, spent_s)

    def abandon(self) -> None:
        """The worker crashes: nothing is taken over or committed any more."""
        self._is_leaving = True
        for opening in self._openings:
            opening.cancel()
        self._partitions.abandon()

    def on_partitions_assigned(self, assigned: set[KafkaPartition]) -> None:
        """Called by the consumer. Quick: the member sends no heartbeats until it returns."""
        if self._is_leaving:
            return
        self.has_joined = True
        self._pacing.forget()
        self._membership.joined()
        for partition in assigned:
            self._consumer.pause(partition)
            self._consumer.seek(partition, 0)  # any position: without one the client asks for it
        if assigned:
            self._start_opening(sorted(TopicPartition(*partition) for partition in assigned))

    async def on_partitions_revoked(self, revoked: set[KafkaPartition]) -> None:
        """Called by the consumer, which swallows exceptions: they are carried by `failed`."""
        try:
            async with self._handing_over:
                spent_s = await self._finish_openings()
                await self._partitions.release([TopicPartition(*item) for item in revoked], spent_s)
        except LogUnavailable as error:
            log.warning(
                "the last commit of a hand-over failed; its successor reads the audit", detail=str(error)
            )
        except Exception as error:  # noqa: BLE001 (not swallowed: `failed` carries it)
            self._fail(error)
        await self._check_membership()

    async def _check_membership(self) -> None:
        """Before the client joins again; where it must not, only a cancellation keeps it from that."""
        try:
            await self._membership.check()
        except LogUnavailable:
            return  # the next rebalance asks again
        except StartRefusedError as error:
            self._fail(error)
            raise asyncio.CancelledError from error

    def _reopen(self, given_up: list[TopicPartition], after_s: float) -> None:
        """Read nothing more of them until they are open again: here, or where they are on their way to."""
        for partition in given_up:
            self._pacing.close(KafkaPartition(*partition))
        if given_up and not self._is_leaving and not self._gives_back.is_set():
            self._start_opening(given_up, after_s)

    def _start_opening(self, partitions: list[TopicPartition], after_s: float = 0.0) -> None:
        opening = asyncio.create_task(self._open(partitions, after_s))
        self._openings.add(opening)
        opening.add_done_callback(self._end_opening)

    def _end_opening(self, opening: asyncio.Task[None]) -> None:
        """Nobody but us may cut an opening short: else a partition would stay closed in silence."""
        self._openings.discard(opening)
        if opening.cancelled():
            if not opening.cancelling():
                self._fail(RuntimeError("an opening was cut short by the client"))
        elif (error := opening.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)

    async def _finish_openings(self) -> float:
        """What is being opened is open or given up before anything is released; the seconds it took."""
        began_s = time.monotonic()
        openings = list(self._openings)
        if openings:
            self._gives_back.set()
            _, unfinished = await asyncio.wait(openings, timeout=_OPENING_S)
            for opening in unfinished:
                opening.cancel()
            await asyncio.gather(*openings, return_exceptions=True)
            self._gives_back.clear()
        return time.monotonic() - began_s

    async def _open(self, partitions: list[TopicPartition], after_s: float) -> None:
        if after_s > 0 and await self._must_give_back_within(after_s):
            return
        while True:
            try:
                audited = await self._with_audit(partitions)
                if audited:
                    self._begin(await self._partitions.open(audited))
            except LogUnavailable as error:
                log.warning("nothing is sent until the partitions can be opened", detail=str(error))
            else:
                partitions = [partition for partition in partitions if partition not in audited]
                if not partitions:
                    return
            if await self._must_give_back_within(_RETRY_S):
                return
            if len(partitions) > 1:
                break
        for half in halves(partitions):  # one that cannot be opened must not keep the others closed
            self._start_opening(half)

    async def _must_give_back_within(self, wait_s: float) -> bool:
        try:
            async with asyncio.timeout(wait_s):
                return await self._gives_back.wait()
        except TimeoutError:
            return self._gives_back.is_set()  # both in one moment

    async def _with_audit(self, partitions: list[TopicPartition]) -> list[TopicPartition]:
        """Those that have their counterpart on the audit topic; the others stay paused, and it is said."""
        count = await self._audit.partition_count()
        missing = {partition.partition for partition in partitions if partition.partition >= count}
        if missing - self._told_missing:
            log.error(
                "partitions have no counterpart on the audit topic and are paused",
                partitions=sorted(missing),
                mend="kameleoon-pipeline topics apply",
            )
        self._told_missing |= missing
        return [partition for partition in partitions if partition.partition < count]

    def _begin(self, assignments: list[Assignment]) -> None:
        """Seek, register, resume: one step, no await, or records would vanish without a trace."""
        for assignment in assignments:
            partition = KafkaPartition(*assignment.partition)
            self._consumer.seek(partition, assignment.ledger.watermark)
            self._partitions.register([assignment])
            self._pacing.open(partition)
            log.info(
                "partition open",
                topic=partition.topic,
                partition=partition.partition,
                position=assignment.ledger.watermark,
            )
        self._pacing.follow()
