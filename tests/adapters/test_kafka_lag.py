"""The lag that the metrics tell: what is settled is no part of it, and an outage does not hide it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pipeline.adapters import kafka_lag
from pipeline.adapters.kafka_lag import LagWatch
from pipeline.core.metrics import LAG_RECORDS
from tests.support.clock import settle
from tests.support.source import P0, P1, Scene, running, until


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_lag, "_INTERVAL_S", 0.0)


@asynccontextmanager
async def watching(scene: Scene) -> AsyncIterator[None]:
    consumer: Any = scene.consumer
    looking = asyncio.create_task(LagWatch(consumer, scene.partitions, scene.world.meter).run())
    try:
        yield
        assert not looking.done(), looking
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


def lag(scene: Scene) -> dict[str, float | object]:
    """What the meter tells, by partition."""
    return {labels[1]: value for metric, labels, value in scene.world.meter.read() if metric is LAG_RECORDS}


async def test_what_was_not_received_and_what_is_not_settled_count_alike() -> None:
    """The scene delivers nothing, so there is room for 100 of the 300 records; the others wait unread."""
    scene = Scene(held=300, budget=100)
    async with running(scene), watching(scene):
        scene.assign(P0)
        await until(lambda: lag(scene) == {"0": 300})
        assert len(scene.offsets(P0)) == 100


async def test_the_lag_grows_while_nothing_is_read() -> None:
    """In an outage every partition is paused: the client's own high watermark stands still."""
    scene = Scene(held=300, budget=100)
    async with running(scene), watching(scene):
        scene.assign(P0)
        await until(lambda: lag(scene) == {"0": 300})
        scene.consumer.held = 900
        await until(lambda: lag(scene) == {"0": 900})


async def test_a_partition_without_records_has_no_lag() -> None:
    scene = Scene(held=0)
    async with running(scene), watching(scene):
        scene.assign(P0)
        await until(lambda: lag(scene) == {"0": 0})


async def test_a_partition_that_was_given_back_is_not_told_of() -> None:
    scene = Scene(held=0)
    async with running(scene), watching(scene):
        scene.assign(P0, P1)
        await until(lambda: set(lag(scene)) == {"0", "1"})
        scene.consumer.is_away = True
        await scene.partitions.release(scene.partitions.held[:1])
        assert set(lag(scene)) == {"1"}


async def test_brokers_that_do_not_answer_leave_the_figure_as_it_was() -> None:
    scene = Scene(held=0)
    async with running(scene), watching(scene):
        scene.assign(P0)
        await until(lambda: lag(scene) == {"0": 0})
        scene.consumer.is_away = True
        scene.consumer.held = 5
        await settle(50)
        assert lag(scene) == {"0": 0}
        scene.consumer.is_away = False
        await until(lambda: lag(scene)["0"] != 0)
