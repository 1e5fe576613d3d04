"""The scene that tests of the running pipeline share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.kafka.broker import Broker
from tests.support.worker.scene import Scene, open_scene


@pytest.fixture
async def scene(kafka: Broker, unique: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """Topics of four partitions, a sandbox, and workers that never outlive the test."""
    async with open_scene(kafka, tmp_path, unique) as made:
        yield made
