"""The promise as a property: whatever crashes and whenever, every record is accounted for once.

One partition, a chain of workers on fakes. Steps are drawn at random; at the end the last worker is
left to finish. Then the audit topic is held against what the destination really saw.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.sandbox import Fate, Fault
from pipeline.core.audit import AuditRecord
from pipeline.core.audit_decode import decode_audit
from pipeline.core.audit_view import Fences
from pipeline.core.batch import SINGLE, BatchPolicy
from pipeline.core.record import Record
from tests.support.clock import settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import PARTITION, RunningWorker, World, event, record, tracks
from tests.support.engine_ports import FakeGroup

MUCH_LATER_S = 10_000.0
SESSION_S = 31.0
"""Longer than the lease: before that nobody else gets the partition."""

ARRAY = BatchPolicy(max_events=3, max_bytes=100_000, linger_s=0.5, is_array=True)

STORIES = (None, {"status": "503,200"}, {"status": "500,200"}, {"fault": "reset,none"}, {"status": "400"})

step = st.one_of(
    st.tuples(st.just("take"), st.integers(1, 6)),
    st.tuples(st.just("answer"), st.integers(1, 5)),
    st.tuples(st.just("time"), st.sampled_from([0.5, 2.0, 9.0])),
    st.tuples(
        st.sampled_from(
            ["crash", "fall asleep", "hand over", "commit", "hold the audit", "let the audit go"]
        ),
        st.just(0),
    ),
    st.tuples(st.sampled_from(["fail the audit", "refuse dead letters"]), st.sampled_from([0, 1])),
)


@st.composite
def topics(draw: st.DrawFn) -> list[Record]:
    """A partition with gaps, poison, few visitors and stories."""
    records = []
    offset = 0
    for number in range(draw(st.integers(1, 25))):
        offset += draw(st.sampled_from([1, 1, 1, 4]))
        user = draw(st.sampled_from(["ann", "bob", "cyd"]))
        value = event(number, user=user, sandbox=draw(st.sampled_from(STORIES)))
        if draw(st.integers(0, 9)) == 0:
            value = b"poison"
        records.append(record(offset, value))
    return records


class Run:
    """One random life of a partition."""

    def __init__(self, topic: list[Record], parts: int, batch: BatchPolicy) -> None:
        self.gate = HeldAnswers()
        self.world = World(
            destination=FakeDestination(gate=self.gate),
            plan=tracks(*(f"mapping {number}" for number in range(parts))),
            max_in_flight_events=8,
            batch=batch,
        )
        self.topic = topic
        self.received = 0

    async def live(self, steps: list[tuple[str, float]]) -> None:
        """Go through the steps; the last worker is left to finish.

        A new worker comes after each crash, and after each that fell asleep: that one goes on with what
        it has in hand, whatever it is too late for.
        """
        todo = list(steps)
        async with AsyncExitStack() as sleepers:
            while True:
                async with AsyncExitStack() as life:
                    worker = await life.enter_async_context(self.world.worker())
                    await self.begin(worker)
                    end = await self.go_through(worker, todo)
                    if not end:
                        await self.finish(worker)
                        return
                    if end == "fall asleep":
                        await self.lose_membership()
                        sleepers.push_async_exit(life.pop_all())

    async def go_through(self, worker: RunningWorker, todo: list[tuple[str, float]]) -> str:
        """Steps until the worker ends; how it does, empty if nothing is left to do."""
        while todo:
            what, how_much = todo.pop(0)
            if what in ("crash", "fall asleep"):
                return what
            await self.do(worker, what, how_much)
        return ""

    async def lose_membership(self) -> None:
        """The group takes no commit of this worker any more; its lease runs out; it starts nothing."""
        before, self.world.group = self.world.group, FakeGroup()
        self.world.group.commits, self.world.group.events = before.commits, before.events
        before.is_down = True
        await self.world.clock.advance(SESSION_S)
        sent = len(self.world.destination.sent)
        self.gate.release(2)
        await settle()
        assert len(self.world.destination.sent) == sent

    async def finish(self, worker: RunningWorker) -> None:
        self.gate.open()
        self.world.audit.go_on()
        self.world.letters.is_down = False
        end = self.topic[-1].offset + 1
        while self.received < end or worker.engine.partitions.budget.events:
            await self.do(worker, "take", 8)
            await self.do(worker, "time", 2)
            assert self.world.clock.elapsed_s < MUCH_LATER_S, "some record never comes to its end"
        await worker.release()

    async def begin(self, worker: RunningWorker) -> None:
        self.world.audit.go_on()
        self.world.audit.failing.clear()
        assignment = await worker.open()
        self.received = assignment.ledger.watermark
        await settle()

    async def do(self, worker: RunningWorker, what: str, how_much: float) -> None:
        await self.do_step(worker, what, how_much)
        if worker.given_up:
            opening = asyncio.create_task(self.begin(worker))
            await settle()
            while not opening.done():
                self.gate.release()
                await settle()
            await opening

    async def do_step(self, worker: RunningWorker, what: str, how_much: float) -> None:
        match what:
            case "take":
                room = min(worker.engine.partitions.budget.room, int(how_much))
                records = [found for found in self.topic if found.offset >= self.received][:room]
                if records:
                    self.received = records[-1].offset + 1
                    await worker.take(records)
            case "answer":
                self.gate.release(int(how_much))
                await settle()
            case "time":
                await self.world.clock.advance(how_much)
            case "hand over":
                handing_over = asyncio.create_task(worker.release())
                await settle()
                self.gate.release()
                await settle()
                self.world.audit.go_on()
                await handing_over
                await self.begin(worker)
            case "commit":
                await worker.engine.partitions.commit()
            case "hold the audit":
                self.world.audit.hold()
            case "let the audit go":
                self.world.audit.go_on()
                await settle()
            case "fail the audit":
                self.world.audit.failing.append(bool(how_much))
            case "refuse dead letters":
                self.world.letters.is_down = bool(how_much)
            case _:
                raise AssertionError(what)


def standing(run: Run) -> list[AuditRecord]:
    """What counts of the audit: not what came behind another worker's marker."""
    fences = Fences()
    entries = [decode_audit(value) for value in run.world.audit.logs.get(0, [])]
    admitted = [entry for entry in entries if entry is not None and fences.admits(entry)]
    return [entry for entry in admitted if isinstance(entry, AuditRecord)]


def check_accounting(run: Run, parts: int) -> dict[int, list[AuditRecord]]:
    by_offset: dict[int, list[AuditRecord]] = defaultdict(list)
    for found in standing(run):
        by_offset[found.source.offset].append(found)
    assert sorted(by_offset) == [found.offset for found in run.topic]
    for record_ in run.topic:
        outcomes = by_offset[record_.offset]
        expected = 1 if record_.value == b"poison" else parts
        assert sorted(each.part for each in outcomes) == list(range(1, expected + 1))
        assert {each.parts for each in outcomes} == {expected}
    assert run.world.group.commits[PARTITION].offset == run.topic[-1].offset + 1
    return by_offset


def arrivals(run: Run) -> Iterator[dict[str, Any]]:
    """The events that the destination has got, in their order, as often as it has got them."""
    destination = run.world.destination
    for body, fate in zip(destination.sent, destination.fates, strict=True):
        if may_have_arrived(fate):
            sent = orjson.loads(body)
            yield from sent if isinstance(sent, list) else [sent]


def check_duplicates(run: Run, by_offset: dict[int, list[AuditRecord]]) -> None:
    """More arrivals than outcomes: only where the audit says so."""
    arrived = Counter(sent["messageId"] for sent in arrivals(run))
    for found in by_offset.values():
        if arrived[found[0].message_id] > len(found):
            assert any(each.possible_duplicate for each in found)


def may_have_arrived(fate: Fate) -> bool:
    """Whether the destination has the event, whatever it answers and whoever is there to hear it."""
    return fate.is_fine or fate.fault is not Fault.NONE or fate.status in {500, 502, 504}


def check_order(run: Run) -> None:
    """First arrivals of each visitor are in the order of the partition."""
    first_seen: dict[str, list[int]] = defaultdict(list)
    for sent in arrivals(run):
        number = sent["properties"]["number"]
        if number not in first_seen[sent["userId"]]:
            first_seen[sent["userId"]].append(number)
    for numbers in first_seen.values():
        assert numbers == sorted(numbers)


@given(topics(), st.integers(1, 2), st.sampled_from([SINGLE, ARRAY]), st.lists(step, max_size=30))
@settings(max_examples=200)
def test_every_record_is_accounted_for_once(
    topic: list[Record], parts: int, batch: BatchPolicy, steps: list[tuple[str, float]]
) -> None:
    async def live() -> Run:
        run = Run(topic, parts, batch)
        await run.live(steps)
        return run

    run = asyncio.run(live())

    by_offset = check_accounting(run, parts)
    check_duplicates(run, by_offset)
    check_order(run)
