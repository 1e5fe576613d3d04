"""Stages batch and deliver: requests leave in lane order, as the gate lets them, until each has an end.

One task sends what the gate lets start and takes up what has ended, as much of it as there is at a time:
there is no task per event. What must wait for another attempt keeps its lanes and comes back to the queue
by a timer.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from pipeline.core.attempt import (
    Accept,
    Again,
    Consequence,
    Fail,
    RetryPolicy,
    Sign,
    attempted,
    next_step,
)
from pipeline.core.batch import Batcher, BatchPolicy, join_bodies
from pipeline.core.blame import Blame
from pipeline.core.concurrency import Bounds
from pipeline.core.exchange import Exchange
from pipeline.core.metrics import ATTEMPTS_CHARGED, RETRIES
from pipeline.core.outcome import Outcome
from pipeline.core.verdict import VerdictTable, describe, judge
from pipeline.core.verdict_rules import DEFAULT_RULES, Rule
from pipeline.engine.assignment import Assignment, Entry
from pipeline.engine.exchanges import Exchanges, Sent
from pipeline.engine.gate import Ended, Gate, Pass
from pipeline.engine.meter import Meter
from pipeline.engine.shipment import Part, Shipment
from pipeline.engine.tapping import Taps
from pipeline.engine.tracing import Traces
from pipeline.engine.turns import Turns
from pipeline.ports import Clock, Destination, Timer


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How requests are made: how many at once, in what batches, how often and how long.

    `rules` tell what the answers mean.
    """

    concurrency: Bounds
    batch: BatchPolicy
    retry: RetryPolicy
    expire_after_ms: float | None
    rules: tuple[Rule, ...] = DEFAULT_RULES


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
        gate: Gate,
        on_outcome: Callable[[Entry, int, Outcome], None],
        meter: Meter,
        taps: Taps,
        traces: Traces,
    ) -> None:
        self._destination = destination
        self._policy = policy
        self._verdicts = VerdictTable(policy.rules)
        self._clock = clock
        self._jitter = jitter
        self._gate = gate
        self._on_outcome = on_outcome
        self._batcher: Batcher[Part] = Batcher(policy.batch)
        self._linger: Timer | None = None
        self._waiting: dict[Shipment, Timer] = {}
        self._is_wanted = asyncio.Event()
        self._turns = Turns(gate, self._is_wanted.set)
        self._exchanges = Exchanges(meter, self._is_wanted.set)
        self._blame = Blame()
        self._exchange_ended = asyncio.Event()
        self._meter = meter
        self._taps = taps
        self._traces = traces

    @property
    def is_pausing(self) -> bool:
        """Whether a request waits for the time of its next attempt, which the destination may have set."""
        return bool(self._waiting)

    def admit(self, entry: Entry) -> None:
        """Queue an entry's deliverable parts behind everyone who shares an identity."""
        if entry.assignment.lanes.join(entry):
            self._offer(entry)

    async def run(self) -> None:
        """Send for ever; ends only by an exception, which is a bug."""
        try:
            while True:
                await self._is_wanted.wait()
                self._take_up()
                for shipment, entry in self._turns.take():
                    self._send(shipment, entry)
                self._is_wanted.clear()
        finally:
            for sent in self._exchanges.cancel():
                self._cut_short(sent)
            await self._exchanges.cancelled()

    async def drained(self, assignments: Iterable[Assignment]) -> None:
        """Return when no exchange of the (closed) assignments is under way. Retries are dropped."""
        self._turns.remove(lambda shipment: not shipment.drop_closed())
        for shipment in [waiting for waiting in self._waiting if not waiting.drop_closed()]:
            self._waiting.pop(shipment).cancel()
        while any(assignment.under_way for assignment in assignments):
            self._exchange_ended.clear()
            await self._exchange_ended.wait()

    def _offer(self, entry: Entry) -> None:
        index, deliverable = entry.to_deliver[0]
        part = Part(entry, index, deliverable)
        if not self._policy.batch.is_array:
            self._turns.put(Shipment([part]))
            return
        for full in self._batcher.add(part, len(deliverable.body)):
            self._turns.put(Shipment(full))
        if len(self._batcher) and self._linger is None:
            self._linger = self._clock.call_later(self._policy.batch.linger_s, self._end_linger)

    def _end_linger(self) -> None:
        self._linger = None
        if len(self._batcher):
            self._turns.put(Shipment(self._batcher.take()))

    def _send(self, shipment: Shipment, entry: Pass) -> None:
        """Begin an exchange, unless nothing of the shipment is left."""
        if entry is Pass.PROBE:
            self._turns.remove(self._is_over)
            if self._gate.must_ask_for_key:
                self._ask_for_key(shipment, entry)
                return
            # of an array, what is wrong with another of its events would look like the destination's fault
            shipment.single_out()
        if self._is_over(shipment):
            self._gate.give_up(entry)
            self._gate.leave()
            return
        if self._taps.is_any:
            self._taps.sending(shipment)
        trace = self._traces.sending(shipment) if self._traces.is_on else None
        body = join_bodies([part.deliverable.body for part in shipment.parts], self._policy.batch)
        shipment.start()
        number, clock = self._blame.start(), self._clock
        sent = Sent(shipment, entry, number, clock.now_ms(), clock.monotonic_s())
        self._exchanges.begin(sent, self._destination.send(body, trace))

    def _ask_for_key(self, shipment: Shipment, entry: Pass) -> None:
        """The shipment waits for the answer, and has another turn then."""
        number, clock = self._blame.started, self._clock
        sent = Sent(shipment, entry, number, clock.now_ms(), clock.monotonic_s(), asks_for_key=True)
        self._exchanges.begin(sent, self._destination.check_credentials())

    def _take_up(self) -> None:
        """Do what follows from the exchanges that have ended: each step for all of them (docs/adr/0010)."""
        ended_s = self._clock.monotonic_s()
        ended = self._exchanges.take_ended(ended_s)
        decided = [
            (sent, exchange, self._decide(sent, exchange, ended_s))
            for sent, exchange in ended
            if not sent.asks_for_key
        ]
        self._tell_gate(decided, ended_s)
        for sent, _, end in decided:
            sent.shipment.end()  # not before: if one of them shows a bug, the others are still in doubt
            self._follow(sent.shipment, end)
        for sent, exchange in ended:
            if sent.asks_for_key:
                self._gate.hear_of_key(judge(exchange), describe(exchange))
                self._turns.put_first(sent.shipment)
        self._gate.leave(len(ended))
        self._exchange_ended.set()

    def _follow(self, shipment: Shipment, end: Consequence) -> None:
        """Do with a shipment what was decided."""
        match end.step:
            case Accept():
                for part in shipment.parts:
                    self._conclude(part, shipment.delivered(part))
            case Again(delay_s):
                self._meter.add(RETRIES)
                shipment.doubt()
                self._send_again(shipment, delay_s, in_halves=end.is_to_be_halved)
            case Fail() if len(shipment.parts) > 1:
                shipment.doubt()
                self._halve(shipment)
            case Fail() as failed:
                self._conclude(shipment.parts[0], shipment.failed(shipment.parts[0], failed))
            case _:
                assert_never(end.step)
        if shipment.rest is not None:
            self._turns.put_first(shipment.rest)
            shipment.rest = None

    def _send_again(self, shipment: Shipment, delay_s: float, *, in_halves: bool) -> None:
        """Put it back after a while; in halves only while the destination as a whole is not at fault."""
        if in_halves and len(shipment.parts) > 1 and self._gate.breaker is None:
            later = shipment.halved()
        else:
            later = [shipment]
        for each in later:
            self._waiting[each] = self._clock.call_later(delay_s, partial(self._put_back, each))

    def _decide(self, sent: Sent, exchange: Exchange, ended_s: float) -> Consequence:
        """What follows from an exchange; the shipment's attempts are brought up to date."""
        shipment = sent.shipment
        took_s = ended_s - sent.started_s
        latency_ms = round(took_s * 1000, 1)
        made = attempted(shipment.attempts, exchange, sent_at_ms=sent.sent_at_ms, latency_ms=latency_ms)
        end = next_step(
            self._verdicts.verdict(exchange),
            exchange,
            made,
            policy=self._policy.retry,
            blame=self._blame,
            now_ms=sent.sent_at_ms + int(took_s * 1000),
            jitter=self._jitter(),
        )
        if end.attempts.charged > made.charged:
            self._meter.add(ATTEMPTS_CHARGED)
        shipment.attempts = end.attempts
        if self._taps.is_any:
            self._taps.answered(shipment, exchange, end.step)
        if self._traces.is_on:
            self._traces.answered(shipment, exchange, end.step)
        if end.sign is Sign.TAKES:
            self._blame.accept(sent.number)
        return end

    def _tell_gate(self, decided: Iterable[tuple[Sent, Exchange, Consequence]], ended_s: float) -> None:
        """In their order; those that were taken in a row together."""
        taken_s: list[float] = []
        for sent, exchange, end in decided:
            if end.sign is Sign.TAKES and sent.entry is Pass.FREE:
                taken_s.append(sent.started_s)
                continue
            self._gate.hear_taken(taken_s, ended_s)
            taken_s = []
            event = sent.shipment.parts[0].entry.record
            self._gate.hear(sent.entry, Ended(end.sign, event, exchange, sent.started_s, ended_s, end.hold_s))
        self._gate.hear_taken(taken_s, ended_s)

    def _cut_short(self, sent: Sent) -> None:
        """Nobody waits for its answer any more."""
        if not sent.asks_for_key:
            sent.shipment.cut_short()
            sent.shipment.end()
        self._exchange_ended.set()

    def _is_over(self, shipment: Shipment) -> bool:
        """Whether nothing of it is left to be sent; what is too old comes to its end here."""
        shipment.drop_closed()
        after_ms = self._policy.expire_after_ms
        while after_ms is not None:
            older = shipment.take_older(self._clock.now_ms() - after_ms)
            if not older.parts:
                break
            for part in older.parts:
                detail = f"older than delivery.expire_after ({after_ms / 1000:g} s)"
                self._conclude(part, older.expired(part, detail))
        return not shipment.parts

    def _put_back(self, shipment: Shipment) -> None:
        del self._waiting[shipment]
        if shipment.drop_closed():
            self._turns.put(shipment)

    def _halve(self, shipment: Shipment) -> None:
        """A refused array: one bad event never fails its neighbours. Halves go one after the other."""
        first, second = shipment.halved()
        second.rest, first.rest = shipment.rest, second
        shipment.rest = first

    def _conclude(self, part: Part, outcome: Outcome) -> None:
        """One part has its end: the entry's next part follows, or whoever waits behind it."""
        entry = part.entry
        entry.concluded.append((part.deliverable, outcome))
        self._on_outcome(entry, part.index, outcome)
        del entry.to_deliver[0]
        following = [entry] if entry.to_deliver else entry.assignment.lanes.leave(entry)
        for ready in following:
            self._offer(ready)
