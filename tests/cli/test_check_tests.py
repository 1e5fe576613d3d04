"""`check` runs the configuration's own tests."""

import json
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.config.changes import changed_keys
from pipeline.config.examples import example
from tests.support.configuration import ENVIRONMENT, MINIMAL, config

RUNNER = CliRunner(env={**ENVIRONMENT, "KAFKA_PASSWORD": "secret", "NO_COLOR": "1"})
PAGE: Final = {"type": "page", "name": "Home", "messageId": "m1", "timestamp": "2026-01-01T12:00:00.000Z"}
TESTS: Final = f"""\
tests:
  - name: kept
    event: {json.dumps(PAGE)}
    expect: {{mapping: Page Calls, body_contains: {{"name": "Home"}}}}
  - name: changed
    event: {json.dumps(PAGE)}
    expect: {{mapping: Page Calls, body_contains: {{"name": "home", "title": 1}}}}
  - name: away
    event_file: events/page.json
    expect: {{outcome: rejected, reason: too_deep}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(MINIMAL + TESTS)
    return tmp_path


def test_each_failure_is_told_with_its_place_and_what_came(here: Path) -> None:
    (here / "events").mkdir()
    (here / "events" / "page.json").write_text('{\n "type": "delete"\n}\n')
    checked = RUNNER.invoke(app, ["check", "a.yaml"])
    assert checked.exit_code == ExitCode.FOUND
    assert checked.stdout.splitlines() == [
        "a.yaml:10:5: test `changed` failed",
        "    expected: a body of `Page Calls` with these values",
        "    came: 2 other values",
        '      $.name: expected "home", came "Home"',
        "      $.title: expected 1, came nothing",
        "a.yaml:13:5: test `away` failed",
        "    expected: rejected: too_deep",
        "    came: filtered: no_mapping_matched: no enabled mapping's trigger takes this event",
        "a.yaml: no mistakes; 4 mappings; 2 of 3 tests failed",
    ]


def test_failures_are_json_for_scripts(here: Path) -> None:
    checked = RUNNER.invoke(app, ["check", "a.yaml", "--json"])
    assert checked.exit_code == ExitCode.FOUND
    told = json.loads(checked.stdout)
    assert (told["ok"], told["problems"], told["tests"]["run"]) == (False, [], 3)
    changed, away = told["tests"]["failed"]
    assert (changed["file"], changed["line"], changed["column"], changed["name"]) == (
        "a.yaml",
        10,
        5,
        "changed",
    )
    assert changed["differences"] == [
        {"path": "$.name", "expected": "home", "came": "Home"},
        {"path": "$.title", "expected": 1},
    ]
    assert away["came"] == "the file cannot be read: no such file or directory"


def test_tests_that_pass_are_counted(here: Path) -> None:
    (here / "a.yaml").write_text(MINIMAL + TESTS[: TESTS.index("  - name: changed")])
    checked = RUNNER.invoke(app, ["check", "a.yaml"])
    assert checked.exit_code == ExitCode.FINE
    assert checked.stdout == "a.yaml: no mistakes; 4 mappings; 1 test passed\n"
    assert json.loads(RUNNER.invoke(app, ["check", "a.yaml", "--json"]).stdout)["tests"] == {
        "run": 1,
        "failed": [],
    }


def test_what_init_shows_as_a_test_passes(here: Path) -> None:
    text = example("minimal")
    commented = text[text.index("# mappings:") :].splitlines()
    (here / "a.yaml").write_text(
        text + "\n".join(line.removeprefix("# ").removeprefix("#") for line in commented)
    )
    checked = RUNNER.invoke(app, ["check", "a.yaml"])
    assert checked.stdout == "a.yaml: no mistakes; 2 mappings; 1 test passed\n"


def test_the_tests_of_the_full_example_pass(here: Path) -> None:
    for name in (
        "tls/ca.pem",
        "tls/client.pem",
        "tls/client.key",
        "secrets/key-password",
        "events/page.json",
    ):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(json.dumps(PAGE))
    (here / "a.yaml").write_text(example("full"))
    assert (
        RUNNER.invoke(app, ["check", "a.yaml"]).stdout == "a.yaml: no mistakes; 3 mappings; 4 tests passed\n"
    )


def test_what_a_terminal_would_obey_is_escaped(here: Path) -> None:
    bad = TESTS.replace('"home"', '"\\u009b31m\\e[2J"')
    (here / "a.yaml").write_text(MINIMAL + bad)
    assert "\x1b" not in (told := RUNNER.invoke(app, ["check", "a.yaml"]).stdout)
    assert "\x9b" not in told


def test_a_worker_needs_no_event_file(tmp_path: Path) -> None:
    loaded = config(TESTS, folder=tmp_path)
    assert loaded.tests[2].event == tmp_path / "events" / "page.json"
    assert loaded.digest == config().digest
    assert changed_keys(config(), loaded) == ()
