"""`run` before there is anything to run: what stops it, and with which code."""

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


def test_sigterm_before_the_broker_answers_is_an_orderly_end(
    silent_broker: socket.socket, tmp_path: Path
) -> None:
    host, port = silent_broker.getsockname()
    (tmp_path / "c.yaml").write_text(MINIMAL.replace("localhost:9092", f"{host}:{port}"))
    environment = os.environ | ENVIRONMENT
    command = [sys.executable, "-m", "pipeline.cli.main", "run", "--config", str(tmp_path / "c.yaml")]
    with silent_broker, subprocess.Popen(command, env=environment) as running:
        try:
            with silent_broker.accept()[0]:
                running.send_signal(signal.SIGTERM)
                assert running.wait(timeout=30) == ExitCode.FINE
        finally:
            running.kill()
