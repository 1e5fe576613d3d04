"""Stages batch and deliver: requests leave in lane order, a fixed number at a time, until each has an end.

A fixed number of senders take batches from one queue; there is no task per event. What must wait
for another attempt keeps its lanes and comes back to the queue by a timer.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from pipeline.core.attempt import Accept, Again, Fail, RetryPolicy, Sign, attempted, next_step
from pipeline.core.batch import Batcher, BatchPolicy, halves, join_bodies
from pipeline.core.blame import Blame
from pipeline.core.exchange import Exchange
from pipeline.core.metrics import (
    ATTEMPTS,
    HTTP_ANSWERS,
    HTTP_SECONDS,
    REQUESTS_UNDER_WAY,
    RETRIES,
    answer_label,
)
from pipeline.core.outcome import Attempts, Deliverable, Delivered, Expired, Failed, Outcome
from pipeline.core.verdict import describe, judge
from pipeline.engine.assignment import Assignment, Entry
from pipeline.engine.failure_streak import FailureStreak
from pipeline.engine.meter import Meter
from pipeline.ports import Clock, Destination, Timer


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How requests are made: how many at once, in what batches, how often and how long."""

    concurrency: int
    batch: BatchPolicy
    retry: RetryPolicy
    expire_after_ms: float | None


@dataclass(frozen=True, slots=True)
class _Part:
    """One event under one mapping: part `index` (from 0) of its entry."""

    entry: Entry
    index: int
    deliverable: Deliverable


@dataclass(slots=True)
class _Shipment:
    """The parts of one request and its attempts so far."""

    parts: list[_Part]
    attempts: Attempts | None = None


class Delivery:
    """Delivers what is admitted; `on_outcome(entry, part index, outcome)` hears of every end.

    `jitter` gives numbers in [0, 1).
    """

    def __init__(
        self,
        destination: Destination,
        policy: DeliveryPolicy,
        clock: Clock,
        jitter: Callable[[], float],
        on_outcome: Callable[[Entry, int, Outcome], None],
        meter: Meter,
    ) -> None:
        self._destination = destination
        self._policy = policy
        self._clock = clock
        self._jitter = jitter
        self._on_outcome = on_outcome
        self._batcher: Batcher[_Part] = Batcher(policy.batch)
        self._linger: Timer | None = None
        self._ready: asyncio.Queue[_Shipment] = asyncio.Queue()
        self._blame = Blame()
        self._streak = FailureStreak(clock)
        self._hold_until_s = 0.0
        self._exchange_ended = asyncio.Event()
        self._meter = meter
        self._under_way = 0
        meter.watch(REQUESTS_UNDER_WAY, lambda: {(): self._under_way})

    def admit(self, entry: Entry) -> None:
        """Queue an entry's deliverable parts behind everyone who shares an identity."""
        if entry.assignment.lanes.join(entry):
            self._offer(entry)

    async def run(self) -> None:
        """Send for ever; ends only by an exception, which is a bug."""
        async with asyncio.TaskGroup() as senders:
            for _ in range(self._policy.concurrency):
                senders.create_task(self._send_forever())

    async def drained(self, assignments: Iterable[Assignment]) -> None:
        """Return when no exchange of the (closed) assignments is under way. Retries are dropped."""
        while any(assignment.under_way for assignment in assignments):
            self._exchange_ended.clear()
            await self._exchange_ended.wait()

    def _offer(self, entry: Entry) -> None:
        index, deliverable = entry.to_deliver[0]
        for full in self._batcher.add(_Part(entry, index, deliverable), len(deliverable.body)):
            self._ready.put_nowait(_Shipment(full))
        if len(self._batcher) and self._linger is None:
            self._linger = self._clock.call_later(self._policy.batch.linger_s, self._end_linger)

    def _end_linger(self) -> None:
        self._linger = None
        if len(self._batcher):
            self._ready.put_nowait(_Shipment(self._batcher.take()))

    async def _send_forever(self) -> None:
        while True:
            await self._deliver(await self._ready.get())

    async def _hold(self) -> None:
        while (wait_s := self._hold_until_s - self._clock.monotonic_s()) > 0:
            await self._clock.sleep(wait_s)

    async def _deliver(self, shipment: _Shipment) -> None:
        await self._hold()
        shipment.parts = [part for part in shipment.parts if not part.entry.assignment.is_closed]
        self._expire(shipment)
        if not shipment.parts:
            return
        step = await self._attempt(shipment)
        match step:
            case Accept():
                for part in shipment.parts:
                    self._conclude(part, self._delivered(part, shipment))
            case Again(delay_s, hold_s):
                self._postpone(shipment, delay_s, hold_s)
            case Fail() if len(shipment.parts) > 1:
                await self._bisect(shipment)
            case Fail():
                self._conclude(shipment.parts[0], self._failed(shipment.parts[0], shipment, step))
            case _:
                assert_never(step)

    async def _attempt(self, shipment: _Shipment) -> Accept | Again | Fail:
        """One exchange, and what follows from it; the shipment's attempts are brought up to date."""
        body = join_bodies([part.deliverable.body for part in shipment.parts], self._policy.batch)
        sent_at_ms, started_s = self._clock.now_ms(), self._clock.monotonic_s()
        number = self._blame.start()
        self._under_way += 1
        try:
            with _UnderWay(shipment.parts, self._exchange_ended):
                exchange = await self._destination.send(body)
        finally:
            self._under_way -= 1
        took_s = self._clock.monotonic_s() - started_s
        self._count(shipment, exchange, took_s)
        attempts = attempted(
            shipment.attempts,
            exchange,
            sent_at_ms=sent_at_ms,
            latency_ms=round(took_s * 1000, 1),
        )
        end = next_step(
            judge(exchange),
            exchange,
            attempts,
            policy=self._policy.retry,
            blame=self._blame,
            now_ms=self._clock.now_ms(),
            jitter=self._jitter(),
        )
        shipment.attempts = end.attempts
        if end.sign is Sign.TAKES:
            self._blame.accept(number)
            self._streak.end()
        elif isinstance(end.step, Again):
            self._meter.add(RETRIES)
            self._streak.fail(describe(exchange))
        return end.step

    def _count(self, shipment: _Shipment, exchange: Exchange, took_s: float) -> None:
        self._meter.add(HTTP_ANSWERS, 1, answer_label(exchange))
        self._meter.add(ATTEMPTS, len(shipment.parts))
        self._meter.observe(HTTP_SECONDS, took_s)

    def _expire(self, shipment: _Shipment) -> None:
        if self._policy.expire_after_ms is None:
            return
        oldest_ms = self._clock.now_ms() - self._policy.expire_after_ms
        expired = [part for part in shipment.parts if part.entry.record.timestamp_ms < oldest_ms]
        if expired:
            shipment.parts = [part for part in shipment.parts if part not in expired]
        for part in expired:
            is_doubtful = shipment.attempts is not None and shipment.attempts.may_have_arrived
            detail = f"older than delivery.expire_after ({self._policy.expire_after_ms / 1000:g} s)"
            self._conclude(
                part,
                Expired(part.deliverable, detail, shipment.attempts, part.entry.inherited or is_doubtful),
            )

    def _postpone(self, shipment: _Shipment, delay_s: float, hold_s: float) -> None:
        if shipment.attempts is not None and shipment.attempts.may_have_arrived:
            for part in shipment.parts:
                part.entry.doubt()
        if hold_s > 0:
            self._hold_until_s = max(self._hold_until_s, self._clock.monotonic_s() + hold_s)
        self._clock.call_later(delay_s, lambda: self._ready.put_nowait(shipment))

    async def _bisect(self, shipment: _Shipment) -> None:
        """A refused array: one bad event never fails its neighbours. Halves go one after the other."""
        for half in halves(shipment.parts):
            attempts = shipment.attempts and replace(shipment.attempts, charged=0)
            await self._deliver(_Shipment(half, attempts))

    def _delivered(self, part: _Part, shipment: _Shipment) -> Delivered:
        attempts = _made(shipment)
        return Delivered(part.deliverable, attempts, part.entry.inherited or attempts.is_doubtful)

    def _failed(self, part: _Part, shipment: _Shipment, step: Fail) -> Failed:
        attempts = _made(shipment)
        is_doubtful = part.entry.inherited or attempts.is_doubtful
        return Failed(part.deliverable, step.reason, step.detail, attempts, is_doubtful)

    def _conclude(self, part: _Part, outcome: Outcome) -> None:
        """One part has its end: the entry's next part follows, or whoever waits behind it."""
        entry = part.entry
        self._on_outcome(entry, part.index, outcome)
        del entry.to_deliver[0]
        following = [entry] if entry.to_deliver else entry.assignment.lanes.leave(entry)
        for ready in following:
            self._offer(ready)


class _UnderWay:
    """Counts an exchange of each part's assignment while it lasts; cut short, it leaves a doubt."""

    __slots__ = ("_ended", "_parts")

    def __init__(self, parts: list[_Part], ended: asyncio.Event) -> None:
        self._parts = parts
        self._ended = ended

    def __enter__(self) -> None:
        for part in self._parts:
            part.entry.assignment.under_way += 1

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for part in self._parts:
            part.entry.assignment.under_way -= 1
            if kind is not None:
                part.entry.doubt()
        self._ended.set()


def _made(shipment: _Shipment) -> Attempts:
    if shipment.attempts is None:
        raise AssertionError("an outcome of a delivery without an attempt")
    return shipment.attempts
