"""Secrets and contents of events are planted wherever they can stand, and looked for wherever we write."""

import asyncio
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka import ConsumerRecord

from pipeline.core.dead_letter import read_origin
from tests.support.canaries import HEADERS, LETTERS, MAPPINGS, REASONS, hits, planted
from tests.support.paging import once, paging, read_page
from tests.support.tapping import tapping
from tests.support.tree import ROOT
from tests.support.waiting import until
from tests.support.worker.driven import BUG, program
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.process import Worker
from tests.support.worker.scene import Scene
from tests.support.worker.topic import read_topic

pytestmark = pytest.mark.kafka

TAPPED = ("source", "map", "deliver")
"""With `audit` as many as may be tapped at a time."""


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


def _delivery_page(site: str, records: int) -> str:
    """Everything that the delivery page has to say of the events, once it has read them all."""
    once(f"{site}data.json", lambda data: data["topic"]["read"] >= records)
    asked = ("", "data.json?window=24h", "events.json", "events.json?search=m-", "event/m-12.json")
    texts = [read_page(site + path) for path in asked]
    assert all('"m-12"' in text for text in texts[2:])
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
        outputs |= await _printed(config, ("top", "--once", "--json", "--url", url))
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
        ("audit", "tail", "--message-id", "m-12"),
        ("reconcile",),
        ("topics", "plan"),
        ("check", "--online"),
        ("replay",),
    )
    with paging(config) as site:
        outputs["delivery page"] = await asyncio.to_thread(_delivery_page, site, len(audit))

    assert "would be put back" in outputs["replay"]
    assert {name: found for name, text in outputs.items() if (found := hits(text))} == {}
    assert {json.loads(record.value).get("reason") for record in audit} >= REASONS


async def test_a_bug_in_the_midst_of_an_event_is_reported_without_it(scene: Scene) -> None:
    worker = scene.start(scene.config(), program("quoting"))
    await scene.produce([planted(1), planted(2, properties={"canary": BUG.decode()})])

    assert await worker.ended() == 70

    assert worker.said("worker ends: a bug")
    assert hits(worker.log_file.read_text()) == []


async def test_what_waits_when_a_worker_stands_still_is_told_without_it(scene: Scene) -> None:
    limits = {"timeout": "100ms", "standstill": "2s"}
    config = scene.config(mappings=MAPPINGS, delivery=limits, audit={"timeout": "1s"})
    await scene.produce(LETTERS)
    worker = scene.start(config, program("deaf"))

    assert await worker.ended() == 70

    assert worker.said("a partition stands still")
    assert worker.said("what the tasks wait for")
    assert hits(worker.log_file.read_text()) == []


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
        ("page", "--listen", "127.0.0.1:0"),
        ("reconcile",),
        ("replay", "--execute"),
    )
    outputs = await _printed(config, *verbs)
    assert all(outputs.values())
    assert {name: found for name, text in outputs.items() if (found := hits(text))} == {}
