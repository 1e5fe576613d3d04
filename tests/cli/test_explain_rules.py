"""The verb `explain --rules`: the table in its order, and which rule decides on an answer."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.core.verdict_rules import DEFAULT_RULES
from tests.support.configuration import ENVIRONMENT, MINIMAL

VERDICTS = """delivery:
  verdicts:
    - status: 2xx
      headers: [{name: X-Result, contains: quo}]
      body: [{pointer: /ok, equals: false}]
      verdict: throttled
"""
NO = ("--status", "200", "--body", '{"ok":false}')


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "kameleoon-pipeline.yaml"
    path.write_text(MINIMAL + VERDICTS)
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", *arguments], env=ENVIRONMENT)


def test_without_a_configuration_the_defaults_are_printed() -> None:
    result = run("--rules")
    assert result.exit_code == ExitCode.FINE
    assert result.stdout.count("default") == len(DEFAULT_RULES) + 1
    assert "yours" not in result.stdout


def test_own_rules_come_first_with_their_conditions(file: str) -> None:
    lines = run("--rules", "--config", file).stdout.splitlines()
    assert lines[0].split()[:4] == ["1", "yours", "200-299", "throttled"]
    assert [line.strip() for line in lines[1:3]] == [
        "and header x-result contains quo",
        "and body has /ok = false",
    ]
    assert lines[3].split()[:3] == ["2", "default", "200-299"]


@pytest.mark.parametrize(
    "given, decides",
    [
        ((*NO, "--header", "X-RESULT: quota"), "rule 1 (yours) decides: throttled"),
        (NO, "rule 2 (default) decides: accepted"),
        (("--status", "200", "--body", "{", "--header", "x-result: quota"), "rule 2 (default)"),
        (("--status", "503"), "rule 7 (default) decides: transient"),
        (("--status", "700"), "no rule decides: transient"),
    ],
)
def test_an_answer_finds_its_rule(file: str, given: tuple[str, ...], decides: str) -> None:
    result = run("--rules", "--config", file, *given)
    assert result.exit_code == ExitCode.FINE
    assert result.stdout.splitlines()[-1].startswith(decides)


def test_programs_get_the_same(file: str) -> None:
    told = json.loads(run("--rules", "--config", file, "--json", *NO, "--header", "x-result: quota").stdout)
    assert (told["decides"], told["verdict"], told["otherwise"]) == (1, "throttled", "transient")
    assert told["rules"][0] == {
        "number": 1,
        "from": "configuration",
        "statuses": [[200, 299]],
        "conditions": ["header x-result contains quo", "body has /ok = false"],
        "verdict": "throttled",
    }
    assert len(told["rules"]) == 1 + len(DEFAULT_RULES)
    assert "decides" not in json.loads(run("--rules", "--json").stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--rules", "event.json"),
        ("--rules", "--send"),
        ("--rules", "--body", "x"),
        ("--rules", "--header", "x: y"),
        ("--rules", "--status", "200", "--header", "x"),
        ("--rules", "--status", "1000"),
        ("event.json", "--status", "200"),
    ],
)
def test_what_does_not_fit_together_is_told(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == ExitCode.USAGE
