"""Ever new event names: counted, warned of, and rejected beyond the bound."""

import orjson
from structlog.testing import capture_logs

from pipeline.core.metrics import EVENT_NAMES
from pipeline.core.outcome import Reason
from pipeline.core.plan import MappingDefinition, compile_plan
from tests.support.engine import World, event, record


def _named(number: int, name: str) -> bytes:
    return orjson.dumps(orjson.loads(event(number)) | {"event": name})


async def _run(world: World, names: list[str]) -> list[tuple[str, str]]:
    async with world.worker() as worker:
        await worker.open()
        for offset, name in enumerate(names):
            await worker.take([record(offset, _named(offset, name))])
    return [(found.event_name or "", found.reason) for found in world.audit.records()]


async def test_names_beyond_the_bound_are_rejected_and_known_ones_go_on() -> None:
    world = World(max_event_names=2)

    with capture_logs() as lines:
        outcomes = await _run(world, ["A", "B", "C", "A", "D", "B"])

    accepted, refused = Reason.ACCEPTED, Reason.TOO_MANY_EVENT_NAMES
    assert outcomes == [
        ("A", accepted),
        ("B", accepted),
        ("C", refused),
        ("A", accepted),
        ("D", refused),
        ("B", accepted),
    ]
    assert len(world.letters.letters) == 2
    assert [line["event"] for line in lines].count("new event names are rejected") == 1
    assert all("C" not in line.values() for line in lines)


async def test_without_a_bound_nothing_is_rejected_and_the_metric_tells_the_number() -> None:
    world = World()

    outcomes = await _run(world, ["A", "B", "C", "A"])

    assert {reason for _, reason in outcomes} == {Reason.ACCEPTED}
    assert {metric.name: value for metric, _, value in world.meter.read()}[EVENT_NAMES.name] == 3


async def test_the_name_that_counts_is_the_one_that_is_sent() -> None:
    fields = {"event": {"@template": "order"}}
    plan = compile_plan([MappingDefinition("Orders", 'type = "track"', "logEvent", fields)])
    world = World(plan=plan, max_event_names=1)

    outcomes = await _run(world, ["order-1", "order-2", "order-3"])

    assert {reason for _, reason in outcomes} == {Reason.ACCEPTED}


async def test_many_names_are_warned_of_once_a_step() -> None:
    with capture_logs() as lines:
        await _run(World(), [f"Order {number}" for number in range(600)])
    assert [line["names"] for line in lines if line["event"] == "many event names"] == [500]
