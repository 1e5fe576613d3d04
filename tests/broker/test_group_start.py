"""Where a group begins, when several workers start at once."""

import pytest
from aiokafka import AIOKafkaConsumer

from pipeline.adapters.group_start import start_group
from pipeline.adapters.kafka_client import client_options
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka


async def test_the_latest_start_leaves_a_group_alone_that_somebody_has_joined(scene: Scene) -> None:
    """The first worker is a member and has not committed yet: it is the one that says where to begin."""
    kafka = scene.kafka.model_copy(update={"group": scene.pipeline(), "start": "latest"})
    member = AIOKafkaConsumer(
        kafka.topics.events, **client_options(kafka), group_id=kafka.group, enable_auto_commit=False
    )
    await member.start()
    try:
        while not member.assignment():
            await member.getmany(timeout_ms=100)

        await start_group(kafka)
    finally:
        await member.stop()

    assert await scene.operator.commits(kafka.group, kafka.topics.events) == {}
