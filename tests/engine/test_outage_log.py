"""The log tells of a failing Kameleoon soon, not too often, and of its return."""

from structlog.testing import capture_logs

from tests.support.engine import World, event, record, said


async def test_an_outage_is_said_now_and_then_and_its_end_once() -> None:
    world = World()
    world.destination.is_reachable = False

    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(offset, event(offset)) for offset in range(5)])
            await world.clock.advance(200)
            world.destination.is_reachable = True
            await world.clock.advance(20)

    told = [(line["event"], line["log_level"]) for line in said(logs)]
    again = ("Kameleoon takes events again", "info")
    assert told.count(("Kameleoon takes nothing, events wait", "warning")) in (3, 4)
    assert told.count(again) == 1
    assert told[-1] == again
    assert said(logs)[0]["detail"] == "the connection was refused"


async def test_a_hiccup_is_not_worth_a_line() -> None:
    world = World()

    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(0, event(0, sandbox={"status": "503,503,200"}))])
            await world.clock.advance(30)

    assert said(logs) == []
