"""The line of each minute: what was done, by counts, and where some of what failed stands."""

from typing import Any

from structlog.testing import capture_logs

from pipeline.engine.digest import EACH_S
from tests.support.engine import World, event, record


def _lines(logs: list[Any]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in line.items() if name not in ("event", "log_level")}
        for line in logs
        if line["event"] == "work done"
    ]


async def test_a_minute_is_told_in_one_line() -> None:
    world = World()
    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take(
                [
                    record(0, event(0)),
                    record(1, event(1, sandbox={"status": "503, 200"})),
                    record(2, event(2, sandbox={"status": "400"})),
                    record(3, b'{"type":"page","messageId":"m"}'),
                ]
            )
            await world.clock.advance(EACH_S)
            (line,) = _lines(logs)
    assert line == {
        "seconds": 60.0,
        "received": 4,
        "settled": 4,
        "delivered": 2,
        "failed": 1,
        "filtered": 1,
        "reasons": {"no_mapping_matched": 1, "refused": 1},
        "answers": {"200": 2, "400": 1, "503": 1},
        "retries": 1,
        "in_flight": 0,
        "lag_records": 0,
        "undelivered": ["segment-events-0@2 refused"],
    }


async def test_minutes_without_work_are_not_told_and_each_has_its_own_counts() -> None:
    world = World()
    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await world.clock.advance(3 * EACH_S)
            assert _lines(logs) == []
            for offset in range(2):
                await worker.take([record(offset, event(offset))])
                await world.clock.advance(EACH_S)
    assert [line["delivered"] for line in _lines(logs)] == [1, 1]


async def test_what_was_done_since_is_told_at_the_end() -> None:
    world = World()
    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(0, event(0))])
            await world.clock.advance(1)
            assert _lines(logs) == []
    assert [(line["seconds"], line["delivered"]) for line in _lines(logs)] == [(1.0, 1)]


async def test_a_few_are_named_however_many_fail() -> None:
    world = World()
    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take(
                [record(offset, event(offset, sandbox={"status": "400"})) for offset in range(20)]
            )
    (line,) = _lines(logs)
    assert (line["failed"], len(line["undelivered"])) == (20, 5)
