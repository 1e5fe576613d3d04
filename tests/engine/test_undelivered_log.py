"""What fails or expires is said in the log by its reason: at once, and then once a minute."""

from structlog.testing import capture_logs
from structlog.typing import EventDict

from pipeline.core.record import Record
from tests.support.engine import World, event, record

NOT_DELIVERED = "events were not delivered"
REFUSED, FAILING = {"status": "400"}, {"status": "500"}
CAP_S = 8.0
"""The cap of the back-off in `World`."""


def refused(count: int, first: int) -> list[Record]:
    return [record(offset, event(offset, sandbox=REFUSED)) for offset in range(first, first + count)]


def said(logs: list[EventDict]) -> list[dict[str, int]]:
    return [line["reasons"] for line in logs if line["event"] == NOT_DELIVERED]


async def test_the_first_is_said_at_once_and_the_others_of_a_minute_together() -> None:
    world = World()

    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take(refused(1, first=0))
            assert said(logs) == [{"refused": 1}]
            await worker.take(refused(5, first=1))
            await world.clock.advance(59)
            assert len(said(logs)) == 1
            await world.clock.advance(1)
            assert said(logs)[1:] == [{"refused": 5}]
            await world.clock.advance(600)
            assert len(said(logs)) == 2, "nothing is said of nothing"
            await worker.take(refused(1, first=6))

    assert said(logs)[2:] == [{"refused": 1}]


async def test_attempts_that_are_used_up_and_age_have_their_reasons() -> None:
    world = World(max_attempts=2, expire_after_ms=3_600_000)

    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(0, event(0, sandbox=FAILING)), record(1, event(1), timestamp_ms=0)])
            for offset in range(2, 8):
                await worker.take([record(offset, event(offset))])
                await world.clock.advance(CAP_S)
            await world.clock.advance(60)

    assert said(logs) == [{"expired": 1}, {"retries_exhausted": 1}]


async def test_what_is_delivered_filtered_or_rejected_is_not_worth_a_line() -> None:
    world = World()

    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(0, event(0)), record(1, b"{"), record(2, b'{"type": "page"}')])
            await world.clock.advance(60)

    assert said(logs) == []
