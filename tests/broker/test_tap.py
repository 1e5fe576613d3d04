"""Tapping a real worker: what passes is shown, delivery goes on whoever reads, and the token goes with it."""

import itertools
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pipeline.adapters.tap_token import find_token
from tests.support.tapping import Tapping, tapping
from tests.support.waiting import until
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.pages import ANY_PORT, SHOWN
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

REFUSED: dict[str, Any] = {"event": "Refused", "properties": {"sandbox": {"status": "400"}}}


def _token_files(folder: Path) -> list[Path]:
    return list(folder.rglob("*.token"))


async def _produce_until_done(scene: Scene, taps: list[Tapping]) -> int:
    """Produce events a few at a time until every tap has ended, or has printed what it is to stay for."""
    for number in itertools.count(0, 22):
        if all(tap.is_done for tap in taps[:-1]) and taps[-1].lines:
            return number
        odd = [letter(track(number, messageId="wanted")), letter(track(number + 1, **REFUSED))]
        await scene.produce([*odd, *tracks(20, first=number + 2)])
    raise AssertionError


async def test_events_are_seen_at_their_stages_while_one_reader_sleeps(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    worker = await scene.started(scene.config(admin=ANY_PORT))
    url = worker.said(SHOWN)[0]["url"]
    token = find_token(int(url.rpartition(":")[2]), [tmp_path / "kameleoon-pipeline"])
    asked = f"{url}/tap?stage=source&values=on&per_second=1000"
    commands = (
        ("deliver", "--limit", "2", "--event", "Refused", "--url", url, "--json"),
        ("audit", "--limit", "1", "--message-id", "wanted", "--url", url, "--json"),
        ("source", "--per-second", "1", "--url", url),
    )
    async with (
        aiohttp.ClientSession(headers={"authorization": f"Bearer {token}"}) as session,
        session.get(asked) as asleep,
    ):
        assert asleep.status == 200
        with tapping(tmp_path, *commands) as (delivered, audited, lasting):
            produced = await _produce_until_done(scene, [delivered, audited, lasting])
            await scene.accounted(produced)
            assert await worker.stop() == 0
            assert (await lasting.ended(), "the worker has ended" in lasting.errors) == (3, True)

    told = [json.loads(line) for line in delivered.lines + audited.lines]
    assert [(line["stage"], line["outcome"], line["status"]) for line in told] == [
        ("deliver", "failed", 400),
        ("deliver", "failed", 400),
        ("audit", "delivered", 200),
    ]
    assert told[0]["contents"]["properties"] == {"sandbox": {"status": "string(3)"}}
    assert told[-1]["message_id"] == "wanted"
    assert token not in worker.log_file.read_text()
    await until(lambda: not _token_files(tmp_path), "the token is removed")
