"""Dead letters put back: delivered once more under the mapping that failed, whatever is run or killed."""

import asyncio
import json
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from pipeline.adapters.kafka_errors import complain
from pipeline.adapters.replay_writer import Replay, ReplayFencedError, ReplayWriter
from pipeline.cli.exits import ExitCode
from pipeline.core.audit import AuditRecord, OutcomeKind, Position, SourcePosition, dead_letter_headers
from pipeline.core.dead_letter import Origin, Rank, read_origin, replay_headers
from pipeline.core.outcome import Reason, Stage
from tests.support.audit_entries import AT, audit_record
from tests.support.worker import driven
from tests.support.worker.events import letter, track
from tests.support.worker.scene import Scene
from tests.support.worker.topic import Letter, produce, read_topic

pytestmark = pytest.mark.kafka

VERB = ("-m", "pipeline.cli.main", "replay")
KILLED = (*driven.program("fatal"), "replay")
TIME_LIMIT_S = 60


@dataclass(frozen=True)
class Said:
    """What the verb ended with and printed."""

    code: int
    found: dict[str, Any]
    complaint: str


async def replay(config: Path, *options: str, program: tuple[str, ...] = VERB) -> Said:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(*program, "--config", str(config), "--json", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIME_LIMIT_S):
            told, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return Said(process.returncode, json.loads(told) if told.strip() else {}, complaint.decode())


async def replays(scene: Scene) -> list[ConsumerRecord]:
    return await read_topic(scene.servers, scene.kafka.topics.replays, scene.partitions)


async def outcomes_of_replays(scene: Scene, count: int) -> list[AuditRecord]:
    """Return when so many outcomes of replays are audited."""
    await scene.audited(
        lambda book: sum(each.record.replay_of is not None for each in book.outcomes) >= count
    )
    return [each.record for each in (await scene.book()).outcomes if each.record.replay_of is not None]


def received(scene: Scene) -> Counter[str]:
    return Counter(json.loads(request.body)["messageId"] for request in scene.sandbox.received())


def labels(template: object) -> list[dict[str, Any]]:
    """Two mappings that take every track event; the second one's label may be broken."""
    return [
        {"preset": "track-calls"},
        {
            "name": "Labels",
            "trigger": 'type = "track"',
            "action": "logEvent",
            "fields": {"event": {"@template": template}},
        },
    ]


async def test_what_a_broken_mapping_rejected_is_delivered_once_it_is_mended(scene: Scene) -> None:
    await scene.produce([letter(track(number, properties={"label": number})) for number in range(20)])
    broken = scene.config(mappings=labels({"@path": "$.properties.label"}))
    worker = await scene.started(broken)
    await scene.accounted(20)
    assert await worker.stop() == 0
    mended = scene.config(mappings=labels("order-{{properties.label}}"))

    shown = await replay(mended)
    assert (shown.code, shown.found["chosen"], shown.found["put_back"]) == (0, 20, 0)
    assert await replays(scene) == []
    done = await replay(mended, "--reason", "mapping_failed", "--execute")
    worker = await scene.started(mended)
    found = await outcomes_of_replays(scene, 20)

    assert await worker.stop() == 0
    assert (done.code, done.found["put_back"]) == (0, 20)
    assert {(each.outcome, each.mapping, each.parts) for each in found} == {
        (OutcomeKind.DELIVERED, "Labels", 1)
    }
    places = {(event.partition, event.offset) for event in await scene.events()}
    assert {(each.replay_of.partition, each.replay_of.offset) for each in found if each.replay_of} == places
    assert set(received(scene).values()) == {2}, "once for each mapping"


async def test_replaying_twice_sends_once_and_what_fails_again_is_replayed_again(scene: Scene) -> None:
    stories = ["400,200", "400,400,200", "200"]
    await scene.produce(
        [
            letter(track(number, properties={"sandbox": {"status": story}}))
            for number, story in enumerate(stories)
        ]
    )
    config = scene.config()
    worker = await scene.started(config)
    await scene.accounted(3)
    assert await worker.stop() == 0

    first = await replay(config, "--execute")
    second = await replay(config, "--execute")
    worker = await scene.started(config)
    await outcomes_of_replays(scene, 2)
    third = await replay(config, "--execute")
    found = await outcomes_of_replays(scene, 3)
    fourth = await replay(config, "--execute")

    assert await worker.stop() == 0
    assert [said.found["put_back"] for said in (first, second, third, fourth)] == [2, 0, 1, 0]
    assert second.found["left_alone"]["replayed"] == 2
    assert received(scene) == {"m-0": 2, "m-1": 3, "m-2": 1}
    assert Counter(each.outcome for each in found) == {OutcomeKind.DELIVERED: 2, OutcomeKind.FAILED: 1}


def failed(scene: Scene, number: int, **changes: Any) -> Letter:
    """A dead letter of this pipeline, as a worker would have written it."""
    source = SourcePosition(scene.kafka.topics.events, number % scene.partitions, number, 0)
    record = audit_record(
        **{
            "outcome": OutcomeKind.FAILED,
            "reason": Reason.REFUSED,
            "stage": Stage.DELIVER,
            "pipeline": scene.pipeline(),
            "source": source,
            "message_id": f"m-{number}",
        }
        | changes
    )
    event = letter(track(number))
    return Letter(event.value, event.key, headers=dead_letter_headers(record))


async def put_dead_letters(scene: Scene, letters: list[Letter]) -> None:
    await produce(scene.servers, scene.kafka.topics.dead_letters, letters)


def origins(records: list[ConsumerRecord]) -> Counter[Origin | None]:
    return Counter(read_origin(tuple(record.headers)) for record in records)


@pytest.mark.slow
async def test_two_at_once_send_once(scene: Scene) -> None:
    await put_dead_letters(scene, [failed(scene, number) for number in range(3000)])
    config = scene.config()

    both = await asyncio.gather(replay(config, "--execute"), replay(config, "--execute"))

    found = origins(await replays(scene))
    assert len(found) == 3000
    assert set(found.values()) == {1}
    for said in both:
        assert said.code in (ExitCode.FINE, ExitCode.FOUND)
        assert said.code == ExitCode.FINE or "another replay of this pipeline has begun" in said.complaint
        assert "Traceback" not in said.complaint


async def test_the_earlier_of_two_is_fenced(scene: Scene) -> None:
    """It writes nothing more from the moment at which the later one has started."""
    asyncio.get_running_loop().set_exception_handler(complain)
    kafka = scene.kafka.model_copy(update={"group": scene.pipeline()})
    headers = replay_headers(Origin(scene.pipeline(), None, Position("e", 0, 1)), Rank(1, 1), AT)
    earlier, later = ReplayWriter(kafka, 4), ReplayWriter(kafka, 4)
    try:
        await earlier.start()
        await earlier.put([Replay(0, b"before", b"{}", headers)])
        await later.start()
        with pytest.raises(ReplayFencedError, match="another replay of this pipeline has begun"):
            await earlier.put([Replay(0, b"after", b"{}", headers)])
        await later.put([Replay(1, b"later", b"{}", headers)])
    finally:
        await earlier.stop()
        await later.stop()

    assert {record.key for record in await replays(scene)} == {b"before", b"later"}


async def test_killed_in_the_middle_and_run_again_sends_once(scene: Scene) -> None:
    """The second transaction was written and not committed when it died."""
    await put_dead_letters(scene, [failed(scene, number) for number in range(1700)])
    config = scene.config()

    killed = await replay(config, "--execute", program=KILLED)
    again = await replay(config, "--execute")

    assert killed.code == -signal.SIGKILL
    assert (again.code, again.found["put_back"], again.found["left_alone"]["replayed"]) == (0, 1200, 500)
    found = origins(await replays(scene))
    assert len(found) == 1700
    assert set(found.values()) == {1}


async def test_conditions_choose_and_others_are_left_alone(scene: Scene) -> None:
    old = "2026-01-01T00:00:00.000Z"
    await put_dead_letters(
        scene,
        [
            failed(scene, 1),
            failed(scene, 2, reason=Reason.EXPIRED),
            failed(scene, 3, mapping="Gone"),
            failed(scene, 4, decided_at=old),
            failed(scene, 5, pipeline="another"),
        ],
    )
    config = scene.config()

    strict = await replay(config, "--reason", "refused", "--mapping", "Track Calls", "--since", "2026-11-01")
    named = await replay(config, "--message-id", "m-3", "--message-id", "m-4", "--message-id", "m-5")

    misspelt = await replay(config, "--mapping", "Track Call", "--mapping", "Gone")

    told = "--mapping Track Call: nothing of that name was found; there is Track Calls, Gone\n"
    assert (misspelt.code, misspelt.complaint.count("nothing of that name")) == (0, 1)
    assert told in misspelt.complaint
    assert "nothing of that name" not in strict.complaint
    assert [sample["message_id"] for sample in strict.found["samples"]] == ["m-1"]
    assert sorted(sample["message_id"] for sample in named.found["samples"]) == ["m-3", "m-4"]
    assert {each["mapping"]: each["mapping_exists"] for each in named.found["by_reason_and_mapping"]} == {
        "Track Calls": True,
        "Gone": False,
    }


async def test_an_original_too_large_to_keep_is_read_where_it_stood(scene: Scene) -> None:
    await scene.produce([letter(track(0), 0)])
    (event,) = await scene.events()
    at = SourcePosition(event.topic, event.partition, event.offset, event.timestamp)
    there, gone = failed(scene, 0, source=at), failed(scene, 1, source=SourcePosition(event.topic, 1, 9, 0))
    foreign = SourcePosition(scene.kafka.topics.dead_letters, 0, 0, event.timestamp)
    forged = [
        failed(scene, number, source=source)
        for number, source in enumerate((foreign, SourcePosition(event.topic, 10**18, 0, 0)), start=2)
    ]
    letters = [
        Letter(b"", each.key, headers=(*each.headers, ("original", b"at-source")))
        for each in (there, gone, *forged)
    ]
    await put_dead_letters(scene, letters)

    said = await replay(scene.config(), "--execute")

    assert (said.code, said.found["put_back"], said.found["originals_gone"]) == (ExitCode.FOUND, 1, 3)
    assert sorted(sample["origin"]["offset"] for sample in said.found["gone"]) == [0, 0, 9]
    (record,) = await replays(scene)
    assert record.value == event.value


async def test_commits_that_are_gone_do_not_deliver_replays_again(scene: Scene) -> None:
    """The operator has said where to go on with the events, and nothing of the replays."""
    await put_dead_letters(scene, [failed(scene, 0)])
    config = scene.config()
    await replay(config, "--execute")
    worker = await scene.started(config)
    await outcomes_of_replays(scene, 1)
    assert await worker.stop() == 0
    scene.operator.delete_group(scene.pipeline())
    scene.operator.set_offsets(scene.pipeline(), scene.kafka.topics.events, dict.fromkeys(range(4), 0))

    refused = scene.start(config)

    assert await refused.ended() == ExitCode.USAGE
    assert f"no commits for {scene.kafka.topics.replays}" in " ".join(refused.tail().split())
    assert received(scene) == {"m-0": 1}
