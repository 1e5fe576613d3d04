"""What an operator does: offsets reset, commits deleted, a start at the end, partitions added."""

from collections.abc import Iterable
from typing import Any

import pytest

from pipeline.adapters import group_history, group_start
from pipeline.adapters.group_history import History
from pipeline.adapters.kafka_group import read_committed
from pipeline.cli.exits import ExitCode
from pipeline.core.record import TopicPartition
from tests.support.reconciled import reconciled
from tests.support.waiting import until
from tests.support.worker.accounts import account
from tests.support.worker.driven import program
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.scene import Scene
from tests.support.worker.topic import Letter, produce, read_topic

pytestmark = pytest.mark.kafka


async def test_after_a_reset_everything_is_delivered_again_as_a_new_pass(scene: Scene) -> None:
    config = scene.config()
    await scene.produce(tracks(200))
    worker = await scene.started(config)
    await scene.accounted(200)
    assert await worker.stop() == 0

    scene.operator.set_offsets(scene.pipeline(), scene.kafka.topics.events, dict.fromkeys(range(4), 0))
    again = await scene.started(config)
    await scene.accounted(400)

    assert await again.stop() == 0
    (await scene.account(passes=2)).check_clean()
    assert len(again.said("opening")) == 4, "a new pass is told for each partition"


async def test_a_commit_of_another_tool_or_a_broken_one_begins_a_new_pass_and_is_told(scene: Scene) -> None:
    config = scene.config()
    await scene.produce(tracks(40))
    worker = await scene.started(config)
    await scene.accounted(40)
    assert await worker.stop() == 0
    events, group = scene.kafka.topics.events, scene.pipeline()
    (_, metadata), *_ = (await scene.operator.commits(group, events)).values()
    assert metadata is not None
    scene.operator.set_offsets(group, events, {0: 4}, "by a tool")
    scene.operator.set_offsets(group, events, {1: 7}, metadata.encode()[:-1])

    again = await scene.started(config)
    await scene.accounted(40 + 6 + 3)

    assert await again.stop() == 0
    said = [line["detail"] for line in again.said("opening")]
    assert len(said) == 2
    assert all("not ours or not whole: a new pass begins" in detail for detail in said)
    assert len(scene.sandbox.received()) == 49
    found = await reconciled(config)
    assert (found.exit_code, found.wrong) == (ExitCode.FINE, {})


async def test_without_its_commits_a_pipeline_that_has_worked_refuses_to_run(scene: Scene) -> None:
    config = scene.config()
    await scene.produce(tracks(20))
    worker = await scene.started(config)
    await scene.accounted(20)
    assert await worker.stop() == 0
    scene.operator.delete_group(scene.pipeline())

    refused = scene.start(config)

    assert await refused.ended() == ExitCode.USAGE
    said = " ".join(refused.tail().split())
    assert f"the group {scene.pipeline()} has no commits" in said
    assert "--reset-offsets" in said
    assert "kafka.group" in said
    assert len(scene.sandbox.received()) == 20


async def test_a_busy_neighbour_on_the_audit_topic_hides_nothing(scene: Scene) -> None:
    """What is too much to read is not taken for nothing."""
    kafka = scene.kafka.model_copy(update={"group": scene.pipeline()})
    await scene.produce(tracks(20))
    worker = await scene.started(scene.config())
    await scene.accounted(20)
    assert await worker.stop() == 0
    stands = await read_topic(scene.servers, scene.kafka.topics.audit, 4)
    group, neighbour = scene.pipeline().encode(), scene.pipeline("neighbour").encode()
    values = [record.value.replace(group, neighbour) for record in stands]
    await produce(
        scene.servers,
        scene.kafka.topics.audit,
        [Letter(values[number % len(values)], partition=number % 4) for number in range(8000)],
    )

    assert await group_history.read_history(kafka) is History.WORKED
    assert await group_history.read_history(kafka, most_records=1000) is History.UNREAD
    assert await group_history.read_history(scene.kafka) is History.NONE


async def test_a_choice_made_after_the_refusal_is_obeyed(scene: Scene) -> None:
    """The offsets set by hand decide: the records from there on are a new pass."""
    config = scene.config()
    await scene.produce(tracks(40))
    worker = await scene.started(config)
    await scene.accounted(40)
    assert await worker.stop() == 0
    scene.operator.delete_group(scene.pipeline())
    scene.operator.set_offsets(scene.pipeline(), scene.kafka.topics.events, dict.fromkeys(range(4), 5))

    again = await scene.started(config)
    await scene.accounted(40 + 4 * 5)

    assert await again.stop() == 0
    assert len(scene.sandbox.received()) == 60


async def test_a_worker_that_starts_with_the_groups_first_is_let_in(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saw no commits, and then the audit of another that had begun in between."""
    worker = await scene.started(scene.config())
    read = read_committed
    reads: list[str] = []

    async def read_too_early(
        group: str, options: Any, partitions: Iterable[TopicPartition], *, tries: int
    ) -> Any:
        reads.append(group)
        if len(reads) == 1:
            return dict.fromkeys(partitions)
        return await read(group, options, partitions, tries=tries)

    monkeypatch.setattr(group_start, "read_committed", read_too_early)
    await group_start.start_group(scene.kafka.model_copy(update={"group": scene.pipeline()}))

    assert len(reads) == 2
    assert await worker.stop() == 0


async def test_a_new_group_may_start_at_the_end(scene: Scene) -> None:
    await scene.produce(tracks(100))
    before = len(await scene.events())
    config = scene.config(kafka={"start": "latest"})
    worker = await scene.started(config)
    await scene.produce(tracks(100, first=100))
    await scene.accounted(100)
    assert await worker.stop() == 0
    assert worker.said("opening") == []

    again = await scene.started(config)
    await scene.produce(tracks(20, first=200))
    await scene.accounted(120)

    assert await again.stop() == 0
    read = [event for event in await scene.events() if event.offset >= before // 4]
    assert len(read) == 120
    account(read, (await scene.book()).outcomes, scene.sandbox.received()).check_clean()


async def test_an_added_partition_waits_for_its_audit_and_is_read_from_its_beginning(scene: Scene) -> None:
    """Even where the group was to start at the end: what a new partition holds is new."""
    config = scene.config(kafka={"start": "latest"})
    worker = scene.start(config, program("curious"))
    await worker.ready(4)
    scene.operator.add_partitions(scene.kafka.topics.events, 5)
    await scene.produce([letter(track(n), partition=4) for n in range(50)])
    told = "partitions have no counterpart on the audit topic and are paused"
    missing = await until(lambda: worker.said(told), "the partition without an audit")
    await scene.produce(tracks(40, first=100))
    await scene.accounted(40)
    assert missing[0]["partitions"] == [4]
    assert missing[0]["mend"] == "kameleoon-pipeline topics apply"
    assert len(scene.sandbox.received()) == 40

    await scene.apply_topics()
    scene.partitions = 5
    await scene.accounted(90)

    assert await worker.stop() == 0
    (await scene.account()).check_clean()


async def test_a_start_without_a_counterpart_is_refused(scene: Scene) -> None:
    scene.operator.add_partitions(scene.kafka.topics.events, 5)

    refused = scene.start(scene.config())

    assert await refused.ended() == ExitCode.USAGE
    assert f"topic {scene.kafka.topics.audit} has 4 partitions and needs 5" in refused.tail()
