"""The verbs `check` and `init`."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.config.examples import example
from pipeline.config.schema import schema_text
from tests.support.configuration import ENVIRONMENT, MINIMAL

RUNNER = CliRunner(env={**ENVIRONMENT, "NO_COLOR": "1"})


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_writes_what_check_finds_without_mistakes(here: Path) -> None:
    written = RUNNER.invoke(app, ["init"])
    assert written.exit_code == ExitCode.FINE
    assert (here / "kameleoon-pipeline.yaml").read_text() == example("minimal")
    checked = RUNNER.invoke(app, ["check"])
    assert checked.output == "kameleoon-pipeline.yaml: no mistakes; 4 mappings\n"
    assert checked.exit_code == ExitCode.FINE


def test_init_never_overwrites(here: Path) -> None:
    (here / "mine.yaml").write_text("mine")
    refused = RUNNER.invoke(app, ["init", "mine.yaml"])
    assert refused.exit_code == ExitCode.USAGE
    assert "exists already" in refused.stderr
    assert (here / "mine.yaml").read_text() == "mine"


def test_init_tells_why_it_cannot_write(here: Path) -> None:
    refused = RUNNER.invoke(app, ["init", "no-such-folder/x.yaml"])
    assert refused.exit_code == ExitCode.USAGE
    assert "no such file or directory" in refused.stderr


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond so few bytes: to Python an error of `write`, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_init_leaves_no_half_of_a_file(here: Path) -> None:
    with full_disk():
        refused = RUNNER.invoke(app, ["init"])
    assert refused.exit_code == ExitCode.USAGE
    assert "kameleoon-pipeline.yaml cannot be written: file too large" in refused.stderr
    assert list(here.iterdir()) == []


def test_check_tells_every_mistake_and_counts_them(here: Path) -> None:
    (here / "a.yaml").write_text(MINIMAL + "delivery:\n  timeout: 5\n  max_in_flight_events: 2\naudt: {}\n")
    checked = RUNNER.invoke(app, ["check", "a.yaml"])
    assert checked.exit_code == ExitCode.FOUND
    lines = checked.stdout.splitlines()
    assert lines[0] == "a.yaml:7:12: delivery.timeout: `5` is not a duration"
    assert lines[1].startswith("    a duration needs its unit")
    assert "a.yaml:8:25: warning: delivery.max_in_flight_events" in checked.stdout
    assert "a.yaml:9:1: audt: there is no such key here" in checked.stdout
    assert lines[-1] == "a.yaml: 2 mistakes, 1 warning"


def test_check_prints_json_for_scripts(here: Path) -> None:
    (here / "a.yaml").write_text(MINIMAL + "delivery:\n  timeout: 5\n")
    checked = RUNNER.invoke(app, ["check", "a.yaml", "--json"])
    assert checked.exit_code == ExitCode.FOUND
    found = json.loads(checked.stdout)
    assert (found["file"], found["ok"]) == ("a.yaml", False)
    [problem] = found["problems"]
    assert problem == {
        "file": "a.yaml",
        "line": 7,
        "column": 12,
        "key": "delivery.timeout",
        "message": "`5` is not a duration",
        "hint": "a duration needs its unit: write `5s` for seconds or `5ms` for milliseconds",
        "severity": "error",
    }


def test_check_of_a_sound_file_is_ok_in_json(here: Path) -> None:
    (here / "a.yaml").write_text(MINIMAL)
    checked = RUNNER.invoke(app, ["check", "a.yaml", "--json"])
    assert checked.exit_code == ExitCode.FINE
    assert json.loads(checked.stdout) == {"file": "a.yaml", "ok": True, "problems": []}


def test_a_missing_file_is_a_usage_error(here: Path) -> None:
    checked = RUNNER.invoke(app, ["check", "none.yaml"])
    assert checked.exit_code == ExitCode.USAGE
    assert checked.stdout == ""
    assert "none.yaml: the file cannot be read: no such file or directory" in checked.stderr


def test_check_prints_the_schema() -> None:
    assert RUNNER.invoke(app, ["check", "--schema"]).stdout == schema_text()
