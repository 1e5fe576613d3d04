"""The verb `sandbox`, as a process."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from pipeline.cli import main as command
from pipeline.cli.exits import ExitCode
from pipeline.core.request import request_headers
from tests.support.http_client import API_KEY, SITECODE
from tests.support.segment_bodies import body

COMMAND = [sys.executable, "-m", "pipeline.cli.main", "sandbox"]


@contextmanager
def running(*options: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*COMMAND, "--port", "0", *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def post(endpoint: str, content: bytes) -> int:
    headers = request_headers(API_KEY, SITECODE, "tests")
    request = urllib.request.Request(endpoint, content, headers)  # noqa: S310 (the sandbox's own address)
    with urllib.request.urlopen(request) as response:  # noqa: S310 (the same)
        return int(response.status)


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as response:  # noqa: S310 (the same)
        return bytes(response.read())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_zero(number: signal.Signals) -> None:
    with running() as process:
        assert "http://127.0.0.1:" in first_line(process)
        process.send_signal(number)
        assert process.wait(timeout=10) == ExitCode.FINE


def test_it_listens_on_this_machine_alone() -> None:
    """Whoever listens on all addresses answers on 127.0.0.2, too."""
    with running("--json") as process:
        port = urlsplit(json.loads(first_line(process))["url"]).port
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)


def test_an_empty_host_is_not_every_address() -> None:
    """As an unset variable leaves it."""
    result = CliRunner().invoke(command.app, ["sandbox", "--port", "0", "--host", ""])
    assert result.exit_code == ExitCode.USAGE
    assert "--host is empty" in result.stderr


def test_it_serves_as_its_options_say_and_shows_what_it_received() -> None:
    with running("--json", "--status", "202", "--api-key", API_KEY, "--sitecode", SITECODE) as process:
        addresses = json.loads(first_line(process))
        assert post(addresses["endpoint"], body("m-7")) == 202
        shown = json.loads(fetch(f"{addresses['url']}/_sandbox/requests"))
        assert [request["body"]["messageId"] for request in shown["requests"]] == ["m-7"]


@pytest.mark.parametrize(
    "options, told",
    [
        (["--status", "many"], "status: one or more of 200 to 599"),
        (["--fault", "explode"], "fault: one or more of"),
        (["--retry-after", "a\nb"], "retry_after"),
    ],
)
def test_a_fault_that_cannot_be_read_is_a_usage_error(options: list[str], told: str) -> None:
    result = CliRunner().invoke(command.app, ["sandbox", *options])
    assert result.exit_code == ExitCode.USAGE
    assert told in result.output


def test_a_port_that_is_taken_is_a_usage_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(command.app, ["sandbox", "--port", port])
    assert result.exit_code == ExitCode.USAGE
    assert f"cannot listen on 127.0.0.1, port {port}" in result.output
