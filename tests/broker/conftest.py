"""The scene and the checkout that tests of the running pipeline share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.kafka.broker import Broker
from tests.support.shell import Checkout
from tests.support.worker.scene import Scene, open_scene


@pytest.fixture
async def scene(kafka: Broker, unique: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """Topics of four partitions, a sandbox, and workers that never outlive the test."""
    async with open_scene(kafka, tmp_path, unique) as made:
        yield made


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """What stands beside a reader of the documents; the rest of the folder is empty."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    made = Checkout(folder)
    yield made
    made.clear_away()
