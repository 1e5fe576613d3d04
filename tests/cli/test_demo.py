"""The verb `demo`, as a process: what it shows, how it ends, and that nothing of it stays."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import main as command
from pipeline.cli.exits import ExitCode
from pipeline.core.demo_records import FATED, POISON

COMMAND = [sys.executable, "-m", "pipeline.cli.main", "demo"]
EVENTS = 150


@contextmanager
def running(*options: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_until(process: subprocess.Popen[str], wanted: str) -> str:
    """The output up to the line that holds this text."""
    assert process.stdout is not None
    read: list[str] = []
    for line in process.stdout:
        read.append(line)
        if wanted in line:
            break
    return "".join(read)


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, text
    return match[1]


def assert_nothing_is_left(output: str) -> None:
    assert not Path("/proc", found(r"process (\d+)", output)).exists()
    for port in (
        found(r"broker +127\.0\.0\.1:(\d+)", output),
        found(r"127\.0\.0\.1:(\d+)/segmentio", output),
    ):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(port)))


@pytest.mark.broker
@pytest.mark.slow
def test_it_shows_every_outcome_accounts_for_every_record_and_leaves_nothing() -> None:
    with running("--events", str(EVENTS)) as process:
        output, errors = process.communicate(timeout=90)
    assert (process.returncode, errors) == (ExitCode.FINE, "")
    assert f"Every one of {EVENTS + len(FATED) + len(POISON)} records is accounted for" in output
    assert all(reason in output for reason in ("accepted", "refused", "sdk_request", "null_record"))
    assert re.search(r"Server error twice +Track Calls +delivered \? +accepted +200 x3", output)
    assert "\x1b" not in output
    assert "Traceback" not in output
    assert_nothing_is_left(output)


@pytest.mark.broker
def test_ctrl_c_ends_all_of_it() -> None:
    with running() as process:
        output = lines_until(process, "joins its consumer group")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert errors.splitlines() == [
        "stopping in order; once more for an end by force",
        "stopped: the worker, the broker and the stand-in have ended",
    ]
    assert_nothing_is_left(output)


@pytest.mark.broker
def test_ctrl_c_twice_ends_all_of_it_by_force() -> None:
    with running() as process:
        output = lines_until(process, "joins its consumer group")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "stopping" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert_nothing_is_left(output)


@pytest.mark.broker
@pytest.mark.slow
def test_kept_running_it_takes_more_events_and_ends_in_order(tmp_path: Path) -> None:
    with running("--keep", "--json", "--events", "1") as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        file = tmp_path / "one.jsonl"
        file.write_bytes(FATED[0])
        servers = ["--bootstrap-servers", said["running"]["broker"]]
        result = CliRunner().invoke(command.app, ["produce", str(file), *servers])
        assert result.exit_code == ExitCode.FINE, result.output
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == ExitCode.FINE
    assert (said["accounted_for"], said["audit"]["outcomes"]["failed"]) == (True, 1)
    assert said["accepted_by_destination"] == said["audit"]["outcomes"]["delivered"]


@pytest.mark.broker
def test_a_worker_that_is_killed_makes_it_fail_with_the_missing_records() -> None:
    with running("--events", "1") as process:
        output = lines_until(process, "joins its consumer group")
        subprocess.run(["kill", "-KILL", found(r"process (\d+)", output)], check=True)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == ExitCode.FOUND
    assert "14 of 14 records are not accounted for" in errors
    assert "the worker ended with exit code -9" in errors
    assert_nothing_is_left(output)


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)  # what an import of a missing module finds
    result = CliRunner().invoke(command.app, ["demo"])
    assert result.exit_code == ExitCode.USAGE
    assert result.stderr.startswith("the embedded broker is not installed: pip install ")
