"""What may stand on the events topic: every codec, transactions, poison, records of megabytes."""

from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from tests.support.kafka.broker import Broker
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.scene import Scene, open_scene
from tests.support.worker.topic import Letter, new_producer, produce_bare, send

pytestmark = pytest.mark.kafka

CODECS = ("gzip", "lz4", "snappy", "zstd")
MEGABYTES = 10_000_000
LARGE = {"max.message.bytes": "12582912"}


async def test_every_codec_is_read(scene: Scene) -> None:
    worker = await scene.started(scene.config())
    for number, codec in enumerate(CODECS):
        await scene.produce(tracks(100, first=100 * number), compression_type=codec)

    await scene.accounted(400)

    assert await worker.stop() == 0
    found = await scene.account()
    found.check_clean()
    assert found.outcomes == {("delivered", "accepted"): 400}


async def _transactions(producer: AIOKafkaProducer, topic: str, *, begin: int) -> None:
    """Ten transactions of 12 events: every second one is aborted."""
    for number in range(begin, begin + 10):
        await producer.begin_transaction()
        await send(producer, topic, tracks(12, first=1000 + 12 * number))
        await producer.flush()
        if number % 2:
            await producer.abort_transaction()
        else:
            await producer.commit_transaction()


async def test_of_transactions_only_the_committed_count(scene: Scene) -> None:
    """Offsets have gaps; what is committed beyond them tells that the watermark passes."""
    topic = scene.kafka.topics.events
    producer = new_producer(scene.servers, transactional_id=scene.prefix)
    await producer.start()
    try:
        await _transactions(producer, topic, begin=0)
        worker = await scene.started(scene.config())
        await _transactions(producer, topic, begin=10)
    finally:
        await producer.stop()
    await scene.produce(tracks(4))

    await scene.accounted(10 * 12 + 4)

    assert await worker.stop() == 0
    found = await scene.account()
    found.check_clean()
    assert sum(found.outcomes.values()) == 124
    commits = await scene.operator.commits(scene.pipeline(), topic)
    last = {event.partition: event.offset for event in await scene.events()}
    assert {number: offset - 1 for number, (offset, _) in commits.items()} == last


POISON = [
    (Letter(b"\x00\x01\x02\xff" * 64), "schema_registry_framing"),
    (Letter(b'\xff\xfe{"type":"track"}'), "invalid_utf8"),
    (Letter(b'{"type":'), "invalid_json"),
    (Letter(b"[" * 100_000), "too_deep"),
    (Letter(b'{"type":"track","n":' + b"9" * 5000 + b"}"), "number_too_long"),
    (Letter(b'[{"type":"track"}]'), "not_an_object"),
    (Letter(b'{"batch":[{"type":"track"}]}'), "sdk_request"),
    (Letter(b""), "empty_record"),
    (Letter(None, b"key"), "null_record"),
    (Letter(None, None), "null_record"),
    (Letter(b'{"type":"\xed\xa0\x80"}'), "invalid_utf8"),
]


async def test_poison_between_good_events_is_put_aside(scene: Scene) -> None:
    await scene.produce(tracks(50))
    worker = await scene.started(scene.config())
    for number, (poison, _) in enumerate(POISON):
        if poison.value is None and poison.key is None:
            produce_bare(scene.servers, scene.kafka.topics.events, number % 4)
        else:
            await scene.produce([Letter(poison.value, poison.key, number % 4)])
        await scene.produce(tracks(10, first=100 + 10 * number))

    total = 50 + 11 * len(POISON)
    await scene.accounted(total)

    assert await worker.stop() == 0
    found = await scene.account()
    found.check_clean()
    assert {reason for outcome, reason in found.outcomes if outcome == "rejected"} == {r for _, r in POISON}
    assert found.outcomes["delivered", "accepted"] == total - len(POISON)
    kept = sorted((dead.value or b"", dead.key or b"") for dead in await scene.dead_letters())
    assert kept == sorted((poison.value or b"", poison.key or b"") for poison, _ in POISON)


async def test_records_of_megabytes_pass_and_are_kept(kafka: Broker, unique: str, tmp_path: Path) -> None:
    large = track(900, "large", properties={"text": "x" * MEGABYTES})
    poison = Letter(b"{" + b"y" * MEGABYTES, b"k", partition=1)
    async with open_scene(kafka, tmp_path, unique, events=LARGE) as scene:
        await scene.produce([*tracks(20), letter(large, 1), poison, *tracks(20, first=20)])

        worker = await scene.started(scene.config(kafka={"max_record_bytes": "12MiB"}))
        await scene.accounted(42)

        assert await worker.stop() == 0
        found = await scene.account()
        found.check_clean()
        assert found.outcomes == {("delivered", "accepted"): 41, ("rejected", "invalid_json"): 1}
        assert [dead.value for dead in await scene.dead_letters()] == [poison.value]


async def test_an_original_too_large_to_keep_stays_at_its_source(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    """The broker refuses one dead letter for its size; those beside it are kept whole."""
    large, small = Letter(b"{" + b"y" * MEGABYTES, b"k", 1), Letter(b"{small", b"k", 1)
    async with open_scene(kafka, tmp_path, unique, events=LARGE) as scene:
        worker = await scene.started(scene.config(kafka={"max_record_bytes": "12MiB"}))
        await scene.alter(scene.kafka.topics.dead_letters, {"max.message.bytes": "1000000"})

        await scene.produce([*tracks(10), *[small] * 20, large, *[small] * 20, *tracks(10, first=10)])
        await scene.accounted(61)

        assert await worker.stop() == 0
        (await scene.account()).check_clean()
        letters = await scene.dead_letters()
        at_source = [dead for dead in letters if ("original", b"at-source") in dead.headers]
        assert [dead.value for dead in at_source] == [b""]
        assert sum(dead.value == small.value for dead in letters) == 40


async def test_a_key_and_headers_too_large_to_keep_stay_at_their_source_as_well(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    """Nothing that stands on the events topic may be too large to be put aside: the partition would stall."""
    half = b"h" * (MEGABYTES // 2)
    hostile = [
        Letter(b"{1", b"k" * MEGABYTES, 1),
        Letter(b"{2", b"k", 1, headers=(("trace", half), ("more", half))),
        Letter(b"{3" + half, half, 1),
        Letter(b"{4", b"k", 1, headers=(("nothing", None), ("trace", b"t"))),
    ]
    async with open_scene(kafka, tmp_path, unique, events=LARGE) as scene:
        worker = await scene.started(scene.config(kafka={"max_record_bytes": "12MiB"}))
        await scene.alter(scene.kafka.topics.dead_letters, {"max.message.bytes": "1000000"})

        await scene.produce([*tracks(10), *hostile, *tracks(10, first=10)])
        await scene.accounted(24)

        assert await worker.stop() == 0
        (await scene.account()).check()
        letters = sorted(await scene.dead_letters(), key=lambda dead: dict(dead.headers)["source_offset"])
        kept = [(dead.value, dead.key, dict(dead.headers).get("original")) for dead in letters]
        assert kept == [(b"", None, b"at-source")] * 3 + [(b"{4", b"k", None)]
        assert letters[3].headers[:2] == (("nothing", None), ("trace", b"t"))
