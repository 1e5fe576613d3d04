"""`explain --watch`: again after each save, mistakes included, until Ctrl-C."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from pipeline.cli.exits import ExitCode
from pipeline.cli.explain import explain_again
from pipeline.cli.explain_watch import POLL_S, watch
from pipeline.cli.main import app
from tests.support.configuration import ENVIRONMENT, MINIMAL

PAGE: Final = '{"type":"page","name":"Home","messageId":"m1","timestamp":"2026-01-01T12:00:00.000Z"}'


class Hands:
    """What happens between two polls, one act each; then Ctrl-C."""

    def __init__(self, *acts: Callable[[], object]) -> None:
        self._acts = list(acts)

    def wait(self, seconds: float) -> None:
        """In place of time going by."""
        assert seconds == POLL_S
        if not self._acts:
            raise KeyboardInterrupt
        self._acts.pop(0)()


def _nothing() -> None:
    """Nobody saves."""


def _watched(files: list[Path], *acts: Callable[[], object]) -> list[tuple[str, ...]]:
    """Which files each look was told of."""
    looks: list[tuple[str, ...]] = []
    with pytest.raises(KeyboardInterrupt):
        watch(files, lambda changed: looks.append(tuple(file.name for file in changed)), Hands(*acts).wait)
    return looks


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = [tmp_path / "c.yaml", tmp_path / "e.json"]
    for file in found:
        file.write_text("x")
    return found


def test_it_looks_once_and_not_again_while_nothing_is_saved(files: list[Path]) -> None:
    assert _watched(files, _nothing, _nothing) == [()]


def test_it_looks_again_after_each_save_of_either_file(files: list[Path]) -> None:
    config, event = files
    looks = _watched(files, lambda: config.write_text("xy"), _nothing, lambda: event.write_text("xyz"))
    assert looks == [(), ("c.yaml",), ("e.json",)]


def test_a_save_of_the_same_size_counts(files: list[Path]) -> None:
    assert _watched(files, lambda: os.utime(files[0], ns=(1, 1))) == [(), ("c.yaml",)]


def test_what_is_saved_during_a_look_is_looked_at(files: list[Path]) -> None:
    looks = 0

    def look(_: tuple[Path, ...]) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            files[0].write_text("saved meanwhile")

    with pytest.raises(KeyboardInterrupt):
        watch(files, look, Hands(_nothing).wait)
    assert looks == 2


def test_a_file_that_an_editor_replaces_is_looked_at_once_it_is_back(files: list[Path]) -> None:
    config = files[0]
    assert _watched(files, config.unlink, lambda: config.write_text("back")) == [(), ("c.yaml",)]


def test_a_configuration_with_mistakes_is_told_and_watched_on(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    config, event = files
    config.write_text(MINIMAL)
    event.write_text(PAGE)
    mend = MINIMAL + "mappings: [{preset: page-calls, name: Mended}]\n"
    hands = Hands(lambda: config.write_text(MINIMAL + "mappings: [{}]\n"), lambda: config.write_text(mend))
    with pytest.raises(KeyboardInterrupt):
        explain_again(str(event), config, hands.wait)
    told = capsys.readouterr()
    assert "c.yaml:6:12: mappings[0].name: is missing" in told.err
    first, broken, mended = told.out.split(f"\nsaved: {config}\n")
    assert "Page Calls: matches" in first
    assert broken == ""
    assert "Mended: matches" in mended


@pytest.mark.parametrize("more", [["--send"], ["--json"], ["--rules"]])
def test_it_goes_without_what_is_not_for_eyes(files: list[Path], more: list[str]) -> None:
    ended = CliRunner().invoke(app, ["explain", "--watch", *more, str(files[1])])
    assert ended.exit_code == ExitCode.USAGE
    assert "--watch" in ended.stderr


def test_standard_input_cannot_be_watched() -> None:
    assert CliRunner().invoke(app, ["explain", "--watch", "-"]).exit_code == ExitCode.USAGE


def test_ctrl_c_ends_it_quietly(files: list[Path]) -> None:
    files[1].write_text(PAGE)
    command = [sys.executable, "-m", "pipeline.cli.main", "explain", "--watch", str(files[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            assert running.stderr.readline() == f"watching {files[1]}; Ctrl-C ends it\n"
            running.send_signal(signal.SIGINT)
            assert (running.stderr.read(), running.wait(timeout=60)) == ("", 128 + signal.SIGINT)
        finally:
            running.kill()
