"""Every outcome end to end: the audit, the dead letters and the sandbox agree."""

import json
import time
from collections import Counter

import pytest
from aiokafka import ConsumerRecord

from tests.support.worker.accounts import AuditBook
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.feed import feeding
from tests.support.worker.scene import Scene
from tests.support.worker.topic import Letter

pytestmark = pytest.mark.kafka

MAPPINGS = [
    {"preset": "track-calls"},
    {"preset": "identify-calls"},
    {
        "name": "Labels",
        "trigger": 'type = "track" and event = "Labelled"',
        "action": "logEvent",
        "fields": {"event": {"@template": {"@path": "$.properties.label"}}},
    },
]
HOURS_MS = 3_600_000


def _without(number: int, field: str) -> Letter:
    event = track(number)
    del event[field]
    return letter(event)


def _told(number: int, **story: object) -> Letter:
    return letter(track(number, properties={"sandbox": story}))


def _old(number: int) -> Letter:
    made = letter(track(number))
    return Letter(made.value, made.key, timestamp_ms=int(time.time() * 1000) - 2 * HOURS_MS)


OTHERS = [
    letter(track(1001, integrations={"All": False})),
    letter(track(1002, type="alias")),
    Letter(b"\xff\xfenot text", b"the key", headers=(("trace", b"\x00\xff"),)),
    Letter(b"{not json", b"the key"),
    Letter(None, b"the key"),
    _without(1003, "timestamp"),
    letter(track(1004, event="Labelled", properties={"label": 7})),
    letter(track(1005, event="Labelled", properties={"label": "seven"})),
    _told(1006, status="400"),
    _told(1007, status="503"),
    _old(1008),
]
EXPECTED = {
    ("filtered", "integrations_blocked"): 1,
    ("filtered", "no_mapping_matched"): 1,
    ("rejected", "invalid_utf8"): 1,
    ("rejected", "invalid_json"): 1,
    ("rejected", "null_record"): 1,
    ("rejected", "missing_timestamp"): 1,
    ("rejected", "mapping_failed"): 1,
    ("failed", "refused"): 1,
    ("failed", "retries_exhausted"): 1,
    ("expired", "expired"): 1,
}


def has_given_up(book: AuditBook) -> bool:
    return any(outcome.record.reason == "retries_exhausted" for outcome in book.outcomes)


async def test_every_outcome_is_audited_once_and_what_was_not_delivered_is_kept(scene: Scene) -> None:
    """An event that is always refused pays only while others are accepted: they come until it has failed."""
    good = tracks(100, first=5000)
    await scene.produce([*good[:50], *OTHERS, *good[50:]])
    quick = {"first": "20ms", "cap": "20ms"}
    config = scene.config(
        mappings=MAPPINGS, delivery={"max_attempts": 3, "expire_after": "1h", "retry": quick}
    )

    worker = await scene.started(config)
    async with feeding(scene, per_s=20) as feed:
        await scene.audited(has_given_up)
    good_count = len(good) + feed.count
    await scene.accounted(good_count + len(OTHERS))

    assert await worker.stop() == 0
    found = await scene.account()
    found.check_clean()
    # of the labelled two, the one as track call is delivered twice, the other once
    assert found.outcomes == {("delivered", "accepted"): good_count + 3, **EXPECTED}
    await _check_dead_letters(scene)


async def _check_dead_letters(scene: Scene) -> None:
    """The original's bytes, key and headers, with coordinates; acknowledged before the audit."""
    originals = {(event.partition, event.offset): event for event in await scene.events()}
    letters = await scene.dead_letters()
    audited = {
        (*outcome.place, outcome.record.reason): outcome.record.decided_at
        for outcome in (await scene.book()).outcomes
    }
    for dead in letters:
        told = dict(dead.headers)
        place = int(told["source_partition"]), int(told["source_offset"])
        original = originals[place]
        assert (dead.key, dead.value) == (original.key, original.value)
        assert dead.headers[: len(original.headers)] == original.headers
        assert told["failed_at"].decode() == audited[*place, told["reason"].decode()]
    assert _reasons(letters) == {
        key: count for key, count in EXPECTED.items() if key[0] in ("rejected", "failed", "expired")
    }


def _reasons(letters: list[ConsumerRecord]) -> Counter[tuple[str, str]]:
    told = [dict(dead.headers) for dead in letters]
    return Counter((headers["outcome"].decode(), headers["reason"].decode()) for headers in told)


async def test_an_event_of_several_mappings_has_a_part_of_each(scene: Scene) -> None:
    events = [letter(track(n, event="Labelled", properties={"label": f"l-{n}"})) for n in range(100)]
    await scene.produce(events)

    worker = await scene.started(scene.config(mappings=MAPPINGS))
    await scene.accounted(len(events))

    assert await worker.stop() == 0
    (await scene.account()).check_clean()
    sent = [json.loads(request.body)["event"] for request in scene.sandbox.received()]
    assert Counter(sent) == {"Labelled": 100} | {f"l-{n}": 1 for n in range(100)}


async def test_one_visitors_events_leave_room_for_others_to_prove_one_of_them_guilty(scene: Scene) -> None:
    """Else an event that fails each time waits for ever, with so many of its visitor behind it."""
    quick = {"first": "20ms", "cap": "20ms"}
    config = scene.config(delivery={"concurrency": 8, "max_attempts": 2, "retry": quick})
    poison = letter(track(9999, "hot", properties={"sandbox": {"status": "503"}}), 0)
    await scene.produce([poison, *(letter(track(10_000 + n, "hot"), 0) for n in range(300))])

    worker = await scene.started(config)
    async with feeding(scene, per_s=20) as feed:
        await scene.audited(has_given_up)
    await scene.accounted(301 + feed.count)

    assert await worker.stop() == 0
    found = await scene.account()
    found.check_clean()
    assert found.outcomes == {("delivered", "accepted"): 300 + feed.count, ("failed", "retries_exhausted"): 1}
