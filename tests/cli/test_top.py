"""The verb `top`: one view for a pipe or a program, a screen that a key ends, and what to set first."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.cli.worker_urls import worker_urls
from pipeline.core import metrics
from pipeline.engine.meter import Meter
from tests.support.admin_pages import shown
from tests.support.configuration import ENVIRONMENT, MINIMAL

NOBODY = "http://127.0.0.1:1"


async def _top(*arguments: str) -> Result:
    command = ["top", "--interval", "0.1", *arguments]
    return await asyncio.to_thread(CliRunner().invoke, app, command, env=ENVIRONMENT)


def _counted(delivered: int) -> Meter:
    meter = Meter()
    meter.add(metrics.OUTCOMES, delivered, "deliver", "delivered", "accepted")
    meter.set(metrics.IN_FLIGHT_EVENTS, 3)
    meter.watch(metrics.LAG_RECORDS, lambda: {("segment-events", "0"): 1234.0})
    return meter


async def test_programs_get_the_workers_the_sum_and_the_partitions() -> None:
    async with shown(_counted(5)) as one, shown(_counted(6)) as other:
        result = await _top("--json", "--url", one, "--url", other + "/", "--url", NOBODY)
    assert result.exit_code == ExitCode.FINE
    told: dict[str, Any] = json.loads(result.stdout)
    assert [(row["url"], row["is_ready"]) for row in told["workers"]] == [
        (one, True),
        (other, True),
        (NOBODY, False),
    ]
    assert told["workers"][2]["away"] == "Connection refused"
    assert (told["together"]["outcomes"]["delivered"], told["together"]["in_flight_events"]) == (11, 6)
    assert told["together"]["rates"]["outcomes"]["delivered"] == 0.0
    assert [(row["topic"], row["workers"], row["lag_records"]) for row in told["partitions"]] == [
        ("segment-events", [0, 1], 1234)
    ]


async def test_a_pipe_gets_one_plain_view() -> None:
    async with shown(_counted(5)) as url:
        result = await _top("--url", url, "--url", NOBODY)
    assert result.exit_code == ExitCode.FINE
    assert "1 of 2 workers answer" in result.stdout
    assert "away: Connection refused" in result.stdout
    assert "1,234" in result.stdout
    assert "\x1b" not in result.stdout


async def test_nobody_there_is_told_by_the_code() -> None:
    result = await _top("--once", "--url", NOBODY)
    assert result.exit_code == ExitCode.UNREACHABLE
    assert "no worker answered" in result.stderr


@pytest.mark.parametrize(
    "admin, told",
    [
        ("'off'", "admin.listen is off: set it"),
        ("127.0.0.1:0", "give --url"),
        ("127.0.0.1:65535", "leaves room for 2 workers"),
    ],
)
def test_a_configuration_without_pages_says_what_to_set(admin: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"{MINIMAL}admin:\n  listen: {admin}\n")
    command = ["top", "--config", str(file), "--workers", "2"]
    result = CliRunner().invoke(app, command, env=ENVIRONMENT)
    assert (result.exit_code, told in result.stderr) == (ExitCode.USAGE, True)


@pytest.mark.parametrize(
    "arguments", [["--url", "127.0.0.1:9464"], ["--url", "http://x:y"], ["--url", NOBODY, "--workers", "2"]]
)
async def test_a_url_is_one_and_stands_alone(arguments: list[str]) -> None:
    assert (await _top(*arguments)).exit_code == ExitCode.USAGE


@pytest.mark.parametrize(
    "listen, first",
    [
        ("127.0.0.1:9464", "http://127.0.0.1:9464"),
        ("0.0.0.0:9464", "http://127.0.0.1:9464"),
        ("'[::]:9464'", "http://[::1]:9464"),
    ],
)
def test_the_workers_of_a_configuration_are_at_the_ports_above(
    listen: str, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "c.yaml"
    file.write_text(f"{MINIMAL}admin:\n  listen: {listen}\n")
    assert worker_urls(None, file, 3) == [first, first[:-1] + "5", first[:-1] + "6"]


@pytest.mark.parametrize("ended_by", ["q", "SIGINT", "SIGTERM"])
def test_a_screen_ends_quietly_and_leaves_the_terminal_as_it_was(ended_by: str) -> None:
    ours, its = os.openpty()
    before = termios.tcgetattr(its)
    command = [sys.executable, "-m", "pipeline.cli.main", "top", "--interval", "0.1", "--url", NOBODY]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    with subprocess.Popen(
        command, stdin=its, stdout=its, stderr=subprocess.PIPE, env=environment, start_new_session=True
    ) as running:
        try:
            drawn = b""
            while b"workers answer" not in drawn:
                drawn += os.read(ours, 65536)
            if ended_by == "q":
                os.write(ours, b"q")
            else:
                running.send_signal(signal.Signals[ended_by])
            assert running.wait(timeout=30) == ExitCode.FINE
            assert running.stderr is not None
            assert running.stderr.read() == b""
            assert termios.tcgetattr(its) == before
        finally:
            running.kill()
            os.close(ours)
            os.close(its)
