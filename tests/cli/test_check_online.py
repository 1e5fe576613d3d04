"""`check --online`: a stand-in Kameleoon, and a broker or none."""

import json
import socket
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from pipeline.adapters.kafka_admin import open_admin
from pipeline.adapters.sandbox.server import Sandbox
from pipeline.adapters.sandbox.stories import Faults
from pipeline.cli.check_online import Finding, State, ask, exit_code
from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.config.loader import parse_config
from pipeline.config.model import Config
from tests.support.configuration import API_KEY, ENVIRONMENT, MINIMAL
from tests.support.kafka.broker import Broker

TOPICS: Final = "  topics: {events: $E, audit: $E-audit, dead_letters: $E-dead, replays: $E-replays}\n"


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


def configuration(servers: str, endpoint: str, more: str = "") -> str:
    text = MINIMAL.replace("localhost:9092", servers)
    return f"{text}{more}delivery:\n  endpoint: {endpoint}\n"


def found_about(about: str, findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.about == about]


async def credentials_at(sandbox: Sandbox, nobody: str) -> Finding:
    async with sandbox:
        config = parse_config(configuration(nobody, sandbox.endpoint), ENVIRONMENT)
        [finding] = found_about("credentials", await ask(config))
    assert len(sandbox.received()) == 0
    return finding


async def test_credentials_that_are_taken_are_fine(nobody: str) -> None:
    finding = await credentials_at(Sandbox(), nobody)
    assert finding.state is State.FINE


async def test_credentials_that_are_refused_are_amiss_and_not_shown(nobody: str) -> None:
    finding = await credentials_at(Sandbox(faults=Faults(refuse_auth=True)), nobody)
    assert finding.state is State.AMISS
    assert "401" in finding.message
    assert "canary" not in str(finding)
    assert API_KEY not in str(finding)


def test_nobody_there_is_exit_code_3(nobody: str, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(configuration(nobody, f"http://{nobody}/segmentio"))
    runner = CliRunner(env={**ENVIRONMENT})
    checked = runner.invoke(app, ["check", str(file), "--online", "--json"])
    assert checked.exit_code == ExitCode.UNREACHABLE
    told = json.loads(checked.stdout)
    assert told["ok"] is True
    assert [(found["about"], found["state"]) for found in told["online"]] == [
        ("brokers", "unknown"),
        ("credentials", "unknown"),
    ]
    assert nobody in checked.stdout
    assert "canary" not in checked.output


def test_nothing_is_asked_when_the_file_has_mistakes(nobody: str, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(configuration(nobody, f"http://{nobody}/segmentio", "  zzz: 1\n"))
    checked = CliRunner(env={**ENVIRONMENT}).invoke(app, ["check", str(file), "--online", "--json"])
    assert checked.exit_code == ExitCode.FOUND
    assert json.loads(checked.stdout)["online"] == []


def on(kafka: Broker, endpoint: str, events: str) -> Config:
    topics = TOPICS.replace("$E", events)
    return parse_config(configuration(f'"{kafka.bootstrap_servers}"', endpoint, topics), ENVIRONMENT)


@pytest.mark.kafka
async def test_topics_are_amiss_until_they_are_applied(kafka: Broker, unique: str, nobody: str) -> None:
    config = on(kafka, f"http://{nobody}/", unique)
    findings = await ask(config)
    assert [finding.state for finding in found_about("brokers", findings)] == [State.FINE]
    topics = found_about("topics", findings)
    assert len(topics) == 4
    assert all(finding.state is State.AMISS and "topics apply" in finding.hint for finding in topics)
    assert exit_code(tuple(topics)) == ExitCode.FOUND
    async with open_admin(config.kafka) as admin:
        for change in (await admin.plan()).changes:
            await admin.apply(change)
            await admin.wait_until_seen(change)
    assert [finding.state for finding in found_about("topics", await ask(config))] == [State.FINE]


@pytest.mark.parametrize(
    "states, code",
    [
        ((), ExitCode.FINE),
        ((State.FINE, State.FINE), ExitCode.FINE),
        ((State.FINE, State.AMISS), ExitCode.FOUND),
        ((State.AMISS, State.UNKNOWN), ExitCode.UNREACHABLE),
    ],
)
def test_the_exit_code_tells_the_worst(states: tuple[State, ...], code: ExitCode) -> None:
    assert exit_code(tuple(Finding("topics", state, "text") for state in states)) == code
