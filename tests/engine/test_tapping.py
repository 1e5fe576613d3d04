"""Taps see what the stages do, say what they leave out, and never stand in the way."""

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from pipeline.core.batch import BatchPolicy
from pipeline.core.outcome import Stage
from pipeline.core.tap.question import Question
from pipeline.engine import tapping
from pipeline.engine.tapping import MOST_LINES, MOST_TAPS, Tap
from tests.support.clock import settle
from tests.support.engine import World, event, record


def _opened(world: World, stage: Stage, **conditions: Any) -> Tap:
    tap = world.taps.open(Question(stage=stage, **({"per_second": 1000} | conditions)))
    assert tap is not None
    return tap


async def _told(tap: Tap) -> list[dict[str, Any]]:
    return [json.loads(line) for line in await tap.lines(0)]


async def test_one_event_is_seen_at_every_stage() -> None:
    world = World()
    taps: dict[Stage, Tap] = {}
    shown: dict[Stage, list[dict[str, Any]]] = {}
    stages = list(Stage)
    for some in (stages[:4], stages[4:]):
        world = World()
        taps = {stage: _opened(world, stage) for stage in some}
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(0, event(0))])
        shown |= {stage: await _told(tap) for stage, tap in taps.items()}
    assert {stage: len(lines) for stage, lines in shown.items()} == dict.fromkeys(Stage, 1)
    assert {line["message_id"] for (line,) in shown.values()} == {"m-0"}
    assert [line.get("outcome") for (line,) in shown.values()] == [None] * 6 + ["delivered"] * 2
    assert shown[Stage.BATCH][0]["contents"]["userId"] == "string(6)"
    assert (shown[Stage.AUDIT][0]["status"], shown[Stage.AUDIT][0]["attempt"]) == (200, 1)


async def test_attempts_of_one_event_are_seen_one_by_one() -> None:
    world = World()
    sent, answered = _opened(world, Stage.BATCH), _opened(world, Stage.DELIVER)
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "503, 200"}))])
        await world.clock.advance(10)
    assert [line["attempt"] for line in await _told(sent)] == [1, 2]
    first, second = await _told(answered)
    assert (first["status"], first.get("outcome"), first["attempt"]) == (503, None, 1)
    assert (second["status"], second["outcome"], second["attempt"]) == (200, "delivered", 2)


async def test_events_of_an_array_are_seen_each_for_itself() -> None:
    world = World(batch=BatchPolicy(10, 100_000, 0.05, is_array=True))
    tap = _opened(world, Stage.BATCH)
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(3)])
        await world.clock.advance(1)
    assert [(line["offset"], line["events_in_request"]) for line in await _told(tap)] == [
        (0, 3),
        (1, 3),
        (2, 3),
    ]


async def test_what_is_audited_is_seen_when_it_is_acknowledged() -> None:
    world = World()
    tap = _opened(world, Stage.AUDIT)
    async with world.worker() as worker:
        await worker.open()
        world.audit.hold()
        await worker.take([record(0, b"{")])
        assert await _told(tap) == []
        world.audit.go_on()
        await settle()
        (line,) = await _told(tap)
    assert (line["outcome"], line["reason"]) == ("rejected", "invalid_json")


async def test_what_a_slow_reader_does_not_take_is_counted_and_delivered() -> None:
    world = World(max_in_flight_events=1000)
    tap = _opened(world, Stage.SOURCE)
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(MOST_LINES + 50)])
        await settle(1000)
    lines = await _told(tap)
    assert (len(lines), lines[-1]) == (MOST_LINES + 1, {"not_shown": 50})
    assert len(world.audit.records()) == MOST_LINES + 50
    assert await _told(tap) == []


async def test_more_than_asked_for_in_a_second_is_counted_and_what_is_passed_over_is_not() -> None:
    world = World()
    few, each_third = _opened(world, Stage.SOURCE, per_second=2), _opened(world, Stage.SOURCE, every=3)
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(7)])
    assert [line.get("offset") for line in await _told(few)] == [0, 1, None]
    assert [line.get("offset") for line in await _told(each_third)] == [0, 3, 6]


async def test_only_what_is_asked_for_is_shown() -> None:
    world = World()
    tap = _opened(world, Stage.AUDIT, message_ids=frozenset({"m-1"}))
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(offset, event(offset)) for offset in range(3)])
    assert [line["offset"] for line in await _told(tap)] == [1]


async def test_there_are_a_few_taps_at_a_time() -> None:
    world = World()
    opened = [_opened(world, Stage.AUDIT) for _ in range(MOST_TAPS)]
    assert world.taps.open(Question(stage=Stage.AUDIT)) is None
    world.taps.close(opened[0])
    assert not opened[0].is_open
    assert world.taps.is_any
    assert world.taps.open(Question(stage=Stage.AUDIT)) is not None


async def test_with_the_last_tap_the_stages_are_left_alone() -> None:
    world = World()
    assert not world.taps.is_any
    tap = _opened(world, Stage.SOURCE)
    world.taps.close(tap)
    world.taps.close(tap)
    assert not world.taps.is_any


async def test_the_end_of_a_tap_is_not_waited_for() -> None:
    world = World()
    tap = _opened(world, Stage.SOURCE)
    waiting = asyncio.create_task(tap.lines(1000))
    await settle()
    assert not waiting.done()
    world.taps.close(tap)
    await settle()
    assert waiting.done()
    assert waiting.result() == []


async def test_a_bug_in_a_tap_closes_it_and_ends_no_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(*_: object, **__: object) -> bytes:
        raise KeyError("canary")

    monkeypatch.setattr(tapping, "line", planted)
    world = World()
    tap = _opened(world, Stage.SOURCE)
    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(0, event(0))])
    assert [(line["event"], line["error"]) for line in logs if line["log_level"] == "error"] == [
        ("a tap is closed: a bug", "KeyError")
    ]
    assert "canary" not in str(logs)
    assert (tap.is_open, world.taps.is_any, len(world.audit.records())) == (False, False, 1)
