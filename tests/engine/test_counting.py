"""What a worker counts: every outcome once, every request, and where each partition stands."""

from dataclasses import replace

from pipeline.core import metrics
from pipeline.core.brake import BrakePolicy
from pipeline.core.metrics import Metric
from pipeline.engine.meter import Distribution
from tests.support.clock import settle
from tests.support.engine import PARTITION, World, event, record


def _counted(world: World, metric: Metric) -> dict[tuple[str, ...], float | Distribution]:
    return {labels: value for found, labels, value in world.meter.read() if found is metric}


async def test_outcomes_are_counted_by_stage_outcome_and_reason() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take(
            [
                record(0, b"{"),
                record(1, b'{"type": "page"}'),
                record(2, event(2, sandbox={"status": "400"})),
                record(3, event(3)),
                record(4, event(4)),
            ]
        )
    assert _counted(world, metrics.OUTCOMES) == {
        ("decode", "rejected", "invalid_json"): 1,
        ("trigger", "filtered", "no_mapping_matched"): 1,
        ("deliver", "failed", "refused"): 1,
        ("deliver", "delivered", "accepted"): 2,
    }
    assert _counted(world, metrics.RECORDS_RECEIVED) == {(): 5}
    assert _counted(world, metrics.RECORDS_SETTLED) == {(): 5}


async def test_what_is_told_again_is_not_counted_again() -> None:
    """Dead letters are refused for a while: one event that failed must not put the brake on."""
    world = World(brake=BrakePolicy(in_a_row=3))
    topic = [record(0, event(0, sandbox={"status": "400"})), record(1, b"{")]
    async with world.worker() as worker:
        await worker.open()
        world.letters.is_down = True
        for _ in range(5):
            await worker.take(topic)
            await worker.open()
        world.letters.is_down = False
        await worker.take(topic)
        assert not worker.engine.braking.is_on
    assert sorted(found.source.offset for found in world.audit.records()) == [0, 1]
    assert _counted(world, metrics.OUTCOMES) == {
        ("decode", "rejected", "invalid_json"): 1,
        ("deliver", "failed", "refused"): 1,
    }


async def test_requests_are_counted_by_answer_and_tried_again_ones_as_retries() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        await worker.take([record(0, event(0, sandbox={"status": "500, 200"}))])
        await world.clock.advance(5)
        await settle()
    assert _counted(world, metrics.HTTP_ANSWERS) == {("500",): 1, ("200",): 1}
    assert _counted(world, metrics.ATTEMPTS) == {(): 2}
    assert _counted(world, metrics.RETRIES) == {(): 1}
    assert _counted(world, metrics.POSSIBLE_DUPLICATES) == {(): 1}
    seconds = _counted(world, metrics.HTTP_SECONDS)[()]
    assert isinstance(seconds, Distribution)
    assert sum(seconds.counts) == 2


async def test_where_a_partition_stands_is_told_when_asked() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.audit.hold()
        await worker.take([record(0, event(0)), record(1, event(1))])
        await world.clock.advance(7)
        await worker.take([record(2, event(2))])
        partition = ("segment-events", "0")
        assert _counted(world, metrics.IN_FLIGHT_EVENTS) == {(): 3}
        assert _counted(world, metrics.AUDIT_PENDING) == {(): 3}
        assert _counted(world, metrics.WATERMARK) == {partition: 0}
        assert _counted(world, metrics.OLDEST_UNSETTLED_SECONDS) == {partition: 7}
        assert _counted(world, metrics.AUDIT_SECONDS) == {}
        world.audit.go_on()
        await settle()
        assert _counted(world, metrics.IN_FLIGHT_BYTES) == {(): 0}
        assert _counted(world, metrics.WATERMARK) == {partition: 3}
        assert _counted(world, metrics.OLDEST_UNSETTLED_SECONDS) == {partition: 0}
        appended = _counted(world, metrics.AUDIT_SECONDS)[()]
        assert isinstance(appended, Distribution)
        assert appended.total == 7, "the first append was held for so long"
        await worker.release()
        assert _counted(world, metrics.WATERMARK) == {}


async def test_partitions_that_are_not_read_for_want_of_room_are_counted() -> None:
    world = World(max_in_flight_events=4)
    async with world.worker() as worker:
        await worker.open()
        worker.engine.partitions.register(
            await worker.engine.partitions.open([PARTITION._replace(partition=1)])
        )
        await worker.engine.partitions.commit()
        world.audit.hold()
        await worker.take([record(0, event(0)), record(1, event(1))])
        assert _counted(world, metrics.PARTITIONS_PAUSED) == {(): 1}
        await worker.take([record(2, event(2)), record(3, event(3))])
        assert _counted(world, metrics.PARTITIONS_PAUSED) == {(): 2}
        world.audit.go_on()
        await settle()
        assert _counted(world, metrics.PARTITIONS_PAUSED) == {(): 0}


async def test_partitions_are_counted_as_they_come_and_go() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        assert _counted(world, metrics.PARTITIONS_HELD) == {(): 1}
        await worker.release()
    assert _counted(world, metrics.PARTITIONS_HELD) == {(): 0}
    assert _counted(world, metrics.PARTITIONS_OPENED) == {(): 1}
    assert _counted(world, metrics.PARTITIONS_RELEASED) == {(): 1}


async def test_a_commit_that_the_brokers_do_not_take_is_counted() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.group.is_down = True
        await world.clock.advance(2)
    assert _counted(world, metrics.COMMITS_FAILED) == {(): 2}


async def test_the_lag_in_seconds_is_the_age_of_the_oldest_record_that_is_not_settled() -> None:
    world = World()
    now_ms = world.clock.now_ms()
    partition = ("segment-events", "0")
    async with world.worker() as worker:
        await worker.open()
        assert _counted(world, metrics.LAG_SECONDS) == {partition: 0}
        world.audit.hold()
        await worker.take(
            [
                replace(record(0, event(0)), timestamp_ms=now_ms - 90_000),
                replace(record(1, event(1)), timestamp_ms=now_ms - 60_000),
            ]
        )
        assert _counted(world, metrics.LAG_SECONDS) == {partition: 90}
        world.audit.go_on()
        await settle()
        assert _counted(world, metrics.LAG_SECONDS) == {partition: 0}


async def test_a_record_without_a_timestamp_has_no_age() -> None:
    world = World()
    async with world.worker() as worker:
        await worker.open()
        world.audit.hold()
        await worker.take([replace(record(0, event(0)), timestamp_ms=-1)])
        assert _counted(world, metrics.LAG_SECONDS) == {("segment-events", "0"): 0}
        world.audit.go_on()
