"""Signals while a broker keeps the command waiting: a quiet end, and a code that tells of it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.exits import ExitCode
from tests.support.configuration import ENVIRONMENT, MINIMAL


@pytest.fixture
def silent_broker() -> socket.socket:
    """Takes connections and never says a word."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(30)
    return listening


def _ended_by(
    number: signal.Signals, verb: list[str], broker: socket.socket, folder: Path
) -> tuple[int, str]:
    """The code of the command and what it said, when the signal came while it waited for the broker."""
    host, port = broker.getsockname()
    file = folder / "c.yaml"
    file.write_text(MINIMAL.replace("localhost:9092", f"{host}:{port}"))
    command = [sys.executable, "-m", "pipeline.cli.main", *verb, "--config", str(file)]
    with (
        broker,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | ENVIRONMENT,
            text=True,
        ) as running,
    ):
        try:
            with broker.accept()[0]:
                running.send_signal(number)
                assert running.stdout is not None
                said = running.stdout.read()
                return running.wait(timeout=30), said
        finally:
            running.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_ends_in_order_before_the_broker_answers(
    number: signal.Signals, silent_broker: socket.socket, tmp_path: Path
) -> None:
    assert _ended_by(number, ["run"], silent_broker, tmp_path) == (ExitCode.FINE, "")


@pytest.mark.parametrize(
    "verb, said",
    [
        (["audit", "tail", "--no-follow"], ""),
        (["produce", "-"], "interrupted: 0 events on segment-events\n"),
        (
            ["replay", "--execute"],
            "interrupted: 0 dead letters were put back before that; once more for the rest\n",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_verb_that_was_not_done_says_130(
    verb: list[str], said: str, silent_broker: socket.socket, tmp_path: Path
) -> None:
    assert _ended_by(signal.SIGINT, verb, silent_broker, tmp_path) == (128 + signal.SIGINT, said)
