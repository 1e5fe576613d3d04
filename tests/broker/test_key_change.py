"""A wrong key costs no event, and a mended one needs no restart."""

import base64
from collections import Counter
from typing import Final

import pytest

from tests.support.configuration import API_KEY, SITECODE
from tests.support.waiting import until
from tests.support.worker.events import tracks
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

WRONG: Final = base64.b64encode(b'{"canary":"wrong-canary"}').decode()
EVENTS: Final = 40


def _statuses(scene: Scene) -> Counter[int | None]:
    return Counter(received.status for received in scene.sandbox.received())


async def _refused(scene: Scene) -> None:
    """Return when the sandbox has refused the key for a while; nothing came to an end by it."""
    await until(lambda: len(scene.sandbox.received()) >= 3, "requests with the wrong key")
    assert set(_statuses(scene)) == {401}
    assert (await scene.book()).complete == 0


async def _check(scene: Scene, log: bytes) -> None:
    await scene.accounted(EVENTS)
    found = await scene.account()
    found.check()
    assert found.outcomes == {("delivered", "accepted"): EVENTS}
    assert not found.flagged
    assert not any(secret.encode() in log for secret in (WRONG, API_KEY, "canary"))


async def test_a_mended_key_file_is_noticed(scene: Scene) -> None:
    file = scene.config(destination={"api_key_file": "key", "sitecode": SITECODE})
    key = file.parent / "key"
    key.write_text(WRONG)
    await scene.produce(tracks(EVENTS))
    worker = await scene.started(file)
    await _refused(scene)

    key.write_text(API_KEY)

    await scene.accounted(EVENTS)
    assert await worker.stop() == 0
    assert len(worker.said("new credentials are in use")) == 1
    await _check(scene, worker.log_file.read_bytes())


async def test_a_hang_up_takes_over_key_and_sitecode(scene: Scene) -> None:
    """A sitecode that is not taken is answered with 403, which the check of the key never sees."""
    file = scene.config(destination={"api_key": WRONG, "sitecode": "wrong-code"})
    await scene.produce(tracks(EVENTS))
    worker = await scene.started(file)
    await _refused(scene)

    scene.config(destination={"api_key": API_KEY, "sitecode": "wrong-code"})
    worker.hang_up()
    await until(lambda: _statuses(scene)[403] >= 3, "requests with the wrong sitecode")
    assert set(_statuses(scene)) == {401, 403}
    assert (await scene.book()).complete == 0

    scene.config(destination={"api_key": API_KEY, "sitecode": SITECODE}, delivery={"timeout": "9s"})
    worker.hang_up()

    await scene.accounted(EVENTS)
    assert await worker.stop() == 0
    (warned,) = worker.said("changes of the configuration need a restart")
    assert warned["keys"] == ["delivery.timeout"]
    await _check(scene, worker.log_file.read_bytes())
