"""New credentials come from the key's file or with SIGHUP; nothing else changes, and no secret is told."""

import asyncio
import base64
import os
import signal
from pathlib import Path
from typing import Final

import pytest
from structlog.testing import capture_logs

from pipeline.adapters.credential_watch import LOOK_S, CredentialWatch
from pipeline.config.loader import load_config
from pipeline.core.credentials import Credentials
from tests.support.clock import FakeClock
from tests.support.configuration import API_KEY, ENVIRONMENT, SITECODE
from tests.support.waiting import until

OTHER: Final = base64.b64encode(b'{"canary":"another-canary"}').decode()
TEXT: Final = """\
destination:
  api_key_file: key
  sitecode: {sitecode}
kafka:
  bootstrap_servers: localhost:9092
  group: {group}
"""


class Scene:
    """A configuration with its key in a file, and a watch over it."""

    def __init__(self, folder: Path) -> None:
        self.key = folder / "key"
        self.file = folder / "kameleoon-pipeline.yaml"
        self.used: list[Credentials] = []
        self.clock = FakeClock()
        self.key.write_text(API_KEY)
        self.write()
        loaded = load_config(self.file, ENVIRONMENT)
        self.watch = CredentialWatch(loaded, self.used.append, self.clock, ENVIRONMENT)

    def write(self, rest: str = "", *, sitecode: str = SITECODE, group: str = "tests") -> None:
        self.file.write_text(TEXT.format(sitecode=sitecode, group=group) + rest)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_an_unchanged_file_changes_nothing(scene: Scene) -> None:
    scene.watch.look()
    scene.watch.reload()
    assert scene.used == []


def test_a_changed_file_brings_its_key_once(scene: Scene) -> None:
    scene.key.write_text(f"{OTHER}\n")
    with capture_logs() as logs:
        scene.watch.look()
        scene.watch.look()
    assert scene.used == [Credentials(OTHER, SITECODE)]
    assert [line["event"] for line in logs] == ["new credentials are in use"]


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "empty"),
        (OTHER[:9].encode(), "not JSON in base64"),
        (b"\xff", "not UTF-8"),
        (f"{OTHER}\r\nx: y".encode(), "no HTTP header"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_leaves_the_old_key_and_is_told_once(
    scene: Scene, content: bytes | None, words: str
) -> None:
    scene.key.unlink()
    if content is not None:
        scene.key.write_bytes(content)
    with capture_logs() as logs:
        scene.watch.look()
        scene.watch.look()
    assert scene.used == []
    (line,) = logs
    assert line["event"] == "the changed API key cannot be used, the old one stays"
    assert words in line["detail"]

    scene.key.write_text(OTHER)
    scene.watch.look()
    assert scene.used == [Credentials(OTHER, SITECODE)]


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(scene: Scene) -> None:
    for path in (scene.key, scene.file):
        path.unlink()
        os.mkfifo(path)
    with capture_logs() as logs:
        scene.watch.look()
        scene.watch.reload()
    assert ["not a regular file" in line["detail"] for line in logs] == [True, True]
    assert scene.used == []


def test_what_was_wrong_twice_is_told_twice(scene: Scene) -> None:
    with capture_logs() as logs:
        for content in ("", API_KEY, ""):
            scene.key.write_text(content)
            scene.watch.look()
    assert len(logs) == 2
    assert scene.used == []


def test_a_reload_takes_key_and_sitecode(scene: Scene) -> None:
    scene.key.write_text(OTHER)
    scene.write(sitecode="abcdefghij")
    scene.watch.reload()
    assert scene.used == [Credentials(OTHER, "abcdefghij")]


def test_a_reload_may_move_the_key_to_another_place(scene: Scene) -> None:
    scene.file.write_text(scene.file.read_text().replace("api_key_file: key", f"api_key: {OTHER}"))
    scene.watch.reload()
    scene.watch.look()
    assert scene.used == [Credentials(OTHER, SITECODE)], "the old file counts no more"


def test_another_group_keeps_the_sitecode(scene: Scene) -> None:
    """The group's default is made of the sitecode: another one would be another pipeline."""
    scene.key.write_text(OTHER)
    scene.write(sitecode="abcdefghij", group="${NONE:-}")
    with capture_logs() as logs:
        scene.watch.reload()
    assert scene.used == [Credentials(OTHER, SITECODE)]
    assert logs[1]["keys"] == ("kafka.group",)


def test_what_else_has_changed_needs_a_restart(scene: Scene) -> None:
    scene.write("delivery: {timeout: 5s, retry: {cap: 1m}}\nmappings: [{preset: page-calls}]\n")
    with capture_logs() as logs:
        scene.watch.reload()
    assert scene.used == []
    assert [line["event"] for line in logs] == [
        "the configuration was read again",
        "changes of the configuration need a restart",
    ]
    assert set(logs[1]["keys"]) == {"delivery.timeout", "delivery.retry", "mappings"}


@pytest.mark.parametrize("text", ["", "destination: {", "kafka: {}\n"])
def test_a_broken_configuration_leaves_the_old_credentials(scene: Scene, text: str) -> None:
    scene.key.write_text(OTHER)
    scene.file.write_text(text)
    with capture_logs() as logs:
        scene.watch.reload()
    assert scene.used == []
    (line,) = logs
    assert line["event"] == "the changed configuration cannot be used, the old credentials stay"
    assert str(scene.file) in line["detail"]


def test_no_secret_is_told(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    with capture_logs() as logs:
        for content in (OTHER, OTHER[:-3], f"{OTHER}\n{OTHER}", API_KEY):
            scene.key.write_text(content)
            scene.watch.look()
            scene.watch.reload()
    told = repr(logs) + repr(scene.used) + "".join(capsys.readouterr())
    assert not any(secret in told for secret in (API_KEY, OTHER, OTHER[:-3], "canary"))


async def test_the_file_is_looked_at_every_few_seconds(scene: Scene) -> None:
    running = asyncio.create_task(scene.watch.run())
    await scene.clock.advance(LOOK_S)
    scene.key.write_text(OTHER)
    await scene.clock.advance(LOOK_S / 2)
    before = list(scene.used)
    await scene.clock.advance(LOOK_S)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (before, scene.used) == ([], [Credentials(OTHER, SITECODE)])


async def test_a_hang_up_reads_the_configuration_again(scene: Scene) -> None:
    running = asyncio.create_task(scene.watch.run())
    await scene.clock.advance(0)
    scene.key.write_text(OTHER)
    os.kill(os.getpid(), signal.SIGHUP)
    await until(lambda: scene.used == [Credentials(OTHER, SITECODE)], "the new key is in use")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_hang_up_that_comes_while_the_worker_disconnects_does_not_end_it(scene: Scene) -> None:
    at_start = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `run` has it
    try:
        running = asyncio.create_task(scene.watch.run())
        await scene.clock.advance(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, at_start)
