"""Secrets and contents of events are planted wherever they can stand, and looked for wherever we write."""

import asyncio
import base64
import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka import ConsumerRecord

from pipeline.core.dead_letter import read_origin
from tests.support.configuration import API_KEY
from tests.support.tapping import tapping
from tests.support.tree import ROOT
from tests.support.waiting import until
from tests.support.worker.driven import BUG, program
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.process import Worker
from tests.support.worker.scene import Scene
from tests.support.worker.topic import Letter, read_topic

pytestmark = pytest.mark.kafka

CANARY = "canary"
"""In every text that must not come out; it is a part of the API key as well."""

FORMS = (CANARY, API_KEY, base64.b64encode(b"canary").decode().rstrip("="), b"canary".hex())
MAPPINGS = [
    {"preset": "track-calls"},
    {"preset": "identify-calls"},
    {
        "name": "Labels",
        "trigger": "properties.label != null",
        "action": "logEvent",
        "fields": {"event": {"@template": {"@path": "$.properties.label"}}},
    },
]
TAPPED = ("source", "map", "deliver")
"""With `audit` as many as may be tapped at a time."""

HEADERS = (("trace-canary", b"canary"), ("empty", None))


def _event(number: int, **fields: object) -> dict[str, object]:
    """An event whose message id, type, name and timestamp are all that may be told of it."""
    contents = {
        "anonymousId": f"canary-{number}",
        "userId": f"canary-{number}",
        "properties": {"canary-key": "canary-value", "deep": [{"canary": ["canary"]}]},
        "traits": {"email": "canary@example.com"},
        "context": {"ip": "canary", "traits": {"name": "canary"}},
    }
    return track(number) | contents | fields


def _letter(number: int, partition: int = 0, **fields: object) -> Letter:
    made = letter(_event(number, **fields), partition)
    return Letter(made.value, made.key, partition, HEADERS)


def _told(number: int, **story: object) -> Letter:
    return _letter(number, properties={"canary": "canary", "sandbox": story})


def _raw(value: bytes) -> Letter:
    return Letter(value, b"canary", 1, HEADERS)


def _old(number: int) -> Letter:
    made = _letter(number)
    return Letter(made.value, made.key, 0, HEADERS, int(time.time() * 1000) - 2 * 3_600_000)


LETTERS = [
    _letter(1),
    _letter(2, type="identify"),
    _letter(3, integrations={"All": False, "canary": "canary"}),
    _letter(4, timestamp="not a date"),
    _letter(5, properties={"label": {"canary": "canary"}}),
    _letter(6, properties=["canary"]),
    _letter(7, userId={"canary": "canary"}, anonymousId="canary"),
    _letter(8, type="group"),
    _told(9, status="400"),
    _told(10, status="500"),
    _told(11, status="503, 200"),
    _told(12, status="200", fault="reset, none"),
    _old(13),
    _raw(b'{"type":"track","canary":"canary'),
    _raw(b'{"type":"canary","canary":1}'),
    _raw(b'["canary"]'),
    _raw(b'{"canary":"\xff"}'),
    _raw(b'{"type":"track","canary":NaN}'),
    _raw(b'{"type":"track","canary":' + b"[" * 300 + b'"canary"' + b"]" * 300 + b"}"),
    _raw(b'{"type":"track","canary":' + b"9" * 4400 + b"}"),
    _raw(b"\x00\x00\x00\x00\x01canary"),
    Letter(None, b"canary", 1, HEADERS),
]
REASONS = {
    "accepted",
    "no_mapping_matched",
    "integrations_blocked",
    "invalid_payload",
    "mapping_failed",
    "refused",
    "retries_exhausted",
    "expired",
    "invalid_json",
    "unknown_type",
    "not_an_object",
    "invalid_utf8",
    "too_deep",
    "number_too_long",
    "schema_registry_framing",
    "null_record",
}


def _hits(text: str) -> list[str]:
    """Where a planted text came out."""
    places = [(form, text.find(form)) for form in FORMS]
    return [text[max(0, place - 80) : place + 80] for _, place in places if place >= 0]


def _shown(record: ConsumerRecord, *, is_letter: bool) -> str:
    """All of a record that is ours: of a dead letter its headers but those of the original."""
    headers = [(name, value) for name, value in record.headers if (name, value) not in HEADERS]
    return repr(headers if is_letter else (record.key, record.value, headers))


async def _printed(config: Path, *verbs: tuple[str, ...]) -> dict[str, str]:
    """What each verb prints; they run side by side."""
    printed = await asyncio.gather(*(asyncio.to_thread(_command, words, config) for words in verbs))
    return {" ".join(words): text for words, text in zip(verbs, printed, strict=True)}


def _command(words: tuple[str, ...], config: Path) -> str:
    """What a verb prints, whatever it comes to."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", *words, "--config", str(config)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=os.environ | {"KAMELEOON_PIPELINE_TRACEBACK": "1"},
        timeout=240,
    )
    return (done.stdout + done.stderr).decode()


async def _pages(worker: Worker) -> str:
    lines = await until(lambda: worker.said("metrics and health are shown"), "the pages are served")
    texts = []
    async with aiohttp.ClientSession() as session:
        for page in ("/metrics", "/live", "/ready", "/canary"):
            async with session.get(lines[0]["url"] + page) as response:
                texts.append(await response.text())
    return "\n".join(texts)


def _values(line: str) -> str:
    """A line of `tap --json` without the names of fields, which it shows by intent."""

    def values(told: Any) -> Any:
        if isinstance(told, dict):
            return [values(value) for value in told.values()]
        return [values(item) for item in told] if isinstance(told, list) else told

    return json.dumps(values(json.loads(line)))


async def test_no_output_of_a_worker_holds_a_secret_or_the_contents_of_an_event(
    scene: Scene, tmp_path: Path
) -> None:
    delivery = {"max_attempts": 2, "expire_after": "1h", "retry": {"first": "200ms", "cap": "200ms"}}
    config = scene.config(mappings=MAPPINGS, delivery=delivery, admin={"listen": "127.0.0.1:0"})
    worker = await scene.started(config)
    taken = tracks(80, visitors=1, first=1000, delay_ms=50)  # only beside these is a failure charged
    outputs: dict[str, str] = {}
    commands = [(stage, "--json", "--per-second", "1000") for stage in TAPPED] + [("audit",)]
    url = worker.said("metrics and health are shown")[0]["url"]
    with tapping(tmp_path, *((*command, "--url", url) for command in commands)) as taps:
        for before in itertools.count():
            if all(tap.lines for tap in taps):
                break
            await scene.produce([letter(track(2000 + before), 0)])
        await scene.produce([*LETTERS, *taken])
        await scene.accounted(before + len(taken) + len(LETTERS))
        outputs["pages"] = await _pages(worker)
        assert await worker.stop() == 0
        for stage, tap in zip(TAPPED, taps, strict=False):
            assert await tap.ended() == 3
            assert any('"message_id":"m-1"' in line for line in tap.lines), "what holds canaries was seen"
            outputs[f"tap {stage}"] = "\n".join([*map(_values, tap.lines), tap.errors])
        outputs["tap audit"] = "\n".join([*taps[-1].lines, taps[-1].errors])
    outputs["log"] = worker.log_file.read_text()
    audit = await read_topic(scene.servers, scene.kafka.topics.audit, scene.partitions)
    letters = await scene.dead_letters()
    assert all(read_origin(record.headers) for record in letters)
    outputs["audit"] = "\n".join(_shown(record, is_letter=False) for record in audit)
    outputs["letters"] = "\n".join(_shown(record, is_letter=True) for record in letters)
    outputs |= await _printed(
        config,
        ("audit", "summary"),
        ("audit", "tail", "--from-beginning", "--no-follow", "--json"),
        ("reconcile",),
        ("topics", "plan"),
        ("check", "--online"),
        ("replay",),
    )

    assert "would be put back" in outputs["replay"]
    assert {name: hits for name, text in outputs.items() if (hits := _hits(text))} == {}
    assert {json.loads(record.value).get("reason") for record in audit} >= REASONS


async def test_a_bug_in_the_midst_of_an_event_is_reported_without_it(scene: Scene) -> None:
    worker = scene.start(scene.config(), program("quoting"))
    await scene.produce([_letter(1), _letter(2, properties={"canary": BUG.decode()})])

    assert await worker.ended() == 70

    assert worker.said("worker ends: a bug")
    assert _hits(worker.log_file.read_text()) == []


async def test_verbs_say_no_secret_when_they_fail(scene: Scene, tmp_path: Path) -> None:
    config = scene.config(
        kafka={
            "security": {
                "protocol": "SASL_PLAINTEXT",
                "sasl": {"mechanism": "PLAIN", "username": "web", "password": "canary-password"},
            },
        }
    )
    lines = tmp_path / "events.jsonl"
    lines.write_bytes(b'{"type":"track","canary":1}\n{"canary": canary\n\xff canary\n')
    plain = tmp_path / "plain.json"
    plain.write_text('{"type":"track","event":"Order","messageId":"m","timestamp":"2026-01-01T00:00:00Z"}')
    verbs: tuple[tuple[str, ...], ...] = (
        ("check",),
        ("check", "--online"),
        ("explain", str(plain)),
        ("topics", "plan"),
        ("run",),
        ("produce", str(lines)),
        ("audit", "tail", "--no-follow"),
        ("reconcile",),
        ("replay", "--execute"),
    )
    outputs = await _printed(config, *verbs)
    assert all(outputs.values())
    assert {name: hits for name, text in outputs.items() if (hits := _hits(text))} == {}
