"""`run --workers` before there is a worker: what each is started as, and what is refused."""

import os
import sys
from pathlib import Path

import pytest
import typer

from pipeline.cli.exits import ExitCode
from pipeline.cli.run_workers import check_workers, worker_command
from pipeline.config.loader import load_config
from tests.support.configuration import ENVIRONMENT, MINIMAL


@pytest.mark.parametrize(
    "started_as",
    [
        ["python3", "/usr/bin/kameleoon-pipeline"],
        ["python3", "-X", "dev", "-m", "pipeline.cli.main"],
    ],
)
def test_a_worker_is_the_same_program_with_a_number(
    started_as: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["run", "--workers", "3", "--config", "c.yaml", "--release-brake"]
    monkeypatch.setattr(sys, "orig_argv", started_as + arguments)
    monkeypatch.setattr(sys, "argv", ["main", *arguments])

    command = worker_command("c.yaml", 2, "json", releases_brake=True)

    run = ["run", "--config", "c.yaml", "--worker", "2", "--log-format", "json", "--release-brake"]
    assert command == [sys.executable, *started_as[1:], *run]
    again = worker_command("c.yaml", 2, None, releases_brake=False)
    assert again == [sys.executable, *started_as[1:], *run[:5]]


def test_workers_without_ports_enough_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.yaml").write_text(MINIMAL + "admin:\n  listen: 127.0.0.1:65535\n")
    config = load_config(tmp_path / "c.yaml", ENVIRONMENT)
    with pytest.raises(typer.Exit) as ended:
        check_workers(config, 2)
    assert ended.value.exit_code == ExitCode.USAGE
    assert "65535" in capsys.readouterr().err


def test_workers_need_a_configuration_that_can_be_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yaml").write_text(MINIMAL)
    config = load_config(tmp_path / "c.yaml", ENVIRONMENT)
    (tmp_path / "c.yaml").unlink()
    os.mkfifo(tmp_path / "c.yaml")
    with pytest.raises(typer.Exit) as ended:
        check_workers(config, 2)
    assert ended.value.exit_code == ExitCode.USAGE
    assert "regular file" in capsys.readouterr().err
