"""Brokers that do not take outcomes or dead letters: workers hold, say so, and go on by themselves."""

from typing import Any, Final

import pytest

from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_log import KafkaAuditLog
from pipeline.ports import LogEntry, LogUnavailable
from tests.support.waiting import until
from tests.support.worker.events import tracks
from tests.support.worker.pages import ANY_PORT, readiness, scraped
from tests.support.worker.process import Worker
from tests.support.worker.quota import limit_producing
from tests.support.worker.scene import Scene
from tests.support.worker.topic import Letter

pytestmark = pytest.mark.kafka

QUICK: Final[dict[str, Any]] = {
    "admin": ANY_PORT,
    "delivery": {"timeout": "4s", "drain": "8s"},
    "audit": {"timeout": "4s"},
}
ROOMY: Final = {"max.message.bytes": "9000000"}
REFUSED: Final = "the audit is not acknowledged: reading it back"
CLOSED: Final = "nothing is sent until the partitions can be opened"


async def _holds(scene: Scene, worker: Worker, *says: str) -> None:
    """The worker says that it holds and why, on its pages and in the log."""
    told = await readiness(worker, 503)
    assert told["because"] == ["audit_refused"]
    await scraped(worker, lambda found: found.values("audit_refused_partitions") > [0])
    for cause in says:
        await until(lambda cause=cause: _says(worker, cause), f"it does not say: {cause}")  # type: ignore[misc]  # the value of this turn


def _says(worker: Worker, cause: str) -> bool:
    return any(cause in line["detail"] for line in (*worker.said(REFUSED), *worker.said(CLOSED)))


async def _goes_on(scene: Scene, worker: Worker, count: int) -> None:
    """By itself, and nothing that was answered meanwhile is sent again."""
    await scene.accounted(count)
    await readiness(worker, 200)
    assert await worker.stop() == 0
    (await scene.account()).check_clean()


async def test_dead_letters_refused_for_size_even_empty(scene: Scene) -> None:
    """Their partition waits, and the others do not."""
    worker = await scene.started(scene.config(**QUICK))
    dead_letters = scene.kafka.topics.dead_letters
    await scene.alter(dead_letters, {"max.message.bytes": "1"})

    await scene.produce([*tracks(20), Letter(b"{not json", b"k", partition=0), *tracks(20, first=20)])
    await _holds(scene, worker, f"{dead_letters}: a dead letter was not acknowledged: [Error 10]")
    assert await scene.beyond_audit() == []
    await scene.accounted(30)
    assert len(worker.said(REFUSED)) < 5, "whoever refuses is not asked without end"

    await scene.alter(dead_letters, ROOMY)
    await _goes_on(scene, worker, 41)
    assert len(await scene.dead_letters()) == 1


async def test_an_audit_that_refuses_for_size(scene: Scene) -> None:
    worker = await scene.started(scene.config(**QUICK))
    await scene.produce(tracks(20))
    await scene.accounted(20)
    await scene.alter(scene.kafka.topics.audit, {"max.message.bytes": "1"})

    await scene.produce(tracks(200, first=20))
    await _holds(scene, worker, "the topic's max.message.bytes is too small")
    assert await scene.beyond_audit() == []
    assert (await scene.book()).complete == 20

    await scene.alter(scene.kafka.topics.audit, ROOMY)
    await _goes_on(scene, worker, 220)


async def test_an_audit_that_is_held_back_by_a_quota(scene: Scene, unique: str) -> None:
    worker = await scene.started(scene.config(**QUICK, kafka={"client_id": unique}))
    await limit_producing(scene.servers, unique, 1)

    await scene.produce(tracks(2000, visitors=200))
    await _holds(scene, worker, "TimeoutError")
    assert await scene.beyond_audit() == []

    await limit_producing(scene.servers, unique, None)
    await _goes_on(scene, worker, 2000)


async def test_an_audit_topic_that_is_gone(scene: Scene) -> None:
    """Made anew it is empty: what is committed stands, what was answered meanwhile is told there."""
    worker = await scene.started(scene.config(**QUICK))
    await scene.produce(tracks(20))
    await scene.accounted(20)
    scene.broker.admin.delete_topics([scene.kafka.topics.audit])

    await scene.produce(tracks(200, first=20))
    await _holds(scene, worker, "UnknownTopicOrPartition")

    await scene.apply_topics()
    await scene.accounted(200)
    await readiness(worker, 200)
    assert await worker.stop() == 0
    told = {outcome.record.message_id for outcome in (await scene.book()).outcomes}
    assert told >= {f"m-{number}" for number in range(20, 220)}
    assert len(scene.sandbox.received()) == 220, "nothing is sent again"


async def test_an_audit_made_anew_with_fewer_partitions_is_no_bug_of_ours(scene: Scene) -> None:
    audit = KafkaAuditLog(scene.kafka.topics.audit, client_options(scene.kafka), 4.0)
    try:
        with pytest.raises(LogUnavailable, match="the topic is gone or has not so many partitions"):
            await audit.append(scene.partitions, [LogEntry(None, b"{}")])
    finally:
        await audit.stop()
