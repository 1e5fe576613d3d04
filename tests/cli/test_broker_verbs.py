"""The verbs that speak to a broker, where there is none or the wrong one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.adapters.embedded_broker import embedded_broker
from pipeline.adapters.kafka_admin import verify_topics
from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.config.kafka import Kafka
from tests.support.configuration import ENVIRONMENT, MINIMAL
from tests.support.kafka.cluster import free_ports

VERBS = [
    ["topics", "plan"],
    ["topics", "apply"],
    ["produce", "-"],
    ["audit", "summary"],
    ["audit", "tail", "--no-follow"],
    ["page"],
]


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_broker_that_does_not_answer_is_exit_code_3(verb: list[str]) -> None:
    server = f"127.0.0.1:{free_ports(1)[0]}"

    result = _run(*verb, "--bootstrap-servers", server)

    assert result.exit_code == ExitCode.UNREACHABLE
    what, what_to_do = result.stderr.splitlines()
    assert what.startswith(f"no Kafka broker answers at {server}: ")
    assert what_to_do == "    see that it runs, and that --bootstrap-servers is right"


@pytest.mark.parametrize("verb", [["run"], ["reconcile"], ["replay"], ["audit", "summary"]], ids=" ".join)
def test_a_broker_that_does_not_answer_is_told_with_the_next_step(
    verb: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "my own.yaml"
    file.write_text(MINIMAL.replace("localhost:9092", f"127.0.0.1:{free_ports(1)[0]}"))

    result = _run(*verb, "--config", str(file))

    assert result.exit_code == ExitCode.UNREACHABLE
    assert "kafka.bootstrap_servers" in result.stderr
    assert f"`kameleoon-pipeline check --online '{file}'`" in result.stderr


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_without_a_configuration_the_verb_says_what_it_needs(
    verb: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = _run(*verb)

    assert result.exit_code == ExitCode.USAGE
    assert "give --config FILE or --bootstrap-servers" in result.stderr


def test_a_configuration_with_mistakes_is_told_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("kafka:\n  bootstrap_servers: nonsense\n")

    result = _run("topics", "plan", "--config", str(file))

    assert result.exit_code == ExitCode.USAGE
    assert f"{file}:2:22: kafka.bootstrap_servers: " in result.stderr


def test_a_configuration_and_servers_together_are_refused() -> None:
    result = _run("topics", "plan", "--config", "my.yaml", "--bootstrap-servers", "localhost:9092")

    assert result.exit_code == ExitCode.USAGE
    assert "either --config or --bootstrap-servers" in result.stderr


def test_servers_that_are_none_are_refused() -> None:
    result = _run("topics", "plan", "--bootstrap-servers", "http://localhost")

    assert result.exit_code == ExitCode.USAGE
    assert "not host:port" in result.stderr


@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_the_embedded_broker_is_told_to_be_unable(verb: str) -> None:
    with embedded_broker() as server:
        result = _run("topics", verb, "--bootstrap-servers", server)

    assert result.exit_code == ExitCode.USAGE
    assert "does not answer such a request: is it the demo's embedded broker?" in result.stderr


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    result = _run("produce", str(tmp_path / "none.jsonl"), "--bootstrap-servers", "localhost:9092")

    assert result.exit_code == ExitCode.USAGE
    assert "none.jsonl: no such file or directory" in result.stderr


async def test_without_settings_the_embedded_brokers_topics_can_be_verified() -> None:
    with embedded_broker() as server:
        problems = await verify_topics(
            Kafka.model_validate({"bootstrap_servers": server}), "", with_settings=False
        )

    assert [problem.text for problem in problems][:1] == [
        "topic segment-events does not exist: it needs 12 partitions"
    ]


@pytest.mark.parametrize("place", ["0", "0:", ":1", "0:-1", "0:1x", "\u0661:1", "0:" + "9" * 5000])
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_place_that_is_none_is_told_before_a_broker_is_asked(option: str, place: str) -> None:
    result = _run("reconcile", "--bootstrap-servers", "127.0.0.1:1", "--pipeline", "p", option, place)

    assert result.exit_code == ExitCode.USAGE
    assert result.stderr == f"{option} {place}: write PARTITION:OFFSET, such as 0:1500\n"


@pytest.mark.parametrize("verb", [["explain", "-"], ["produce", "-", "--bootstrap-servers", "127.0.0.1:1"]])
def test_a_closed_standard_input_is_told(verb: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(SystemExit) as ended:
        app(verb)
    assert ended.value.code == ExitCode.USAGE
