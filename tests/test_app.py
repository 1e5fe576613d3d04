"""The app as a process runs it: chunks reach the worker, signals end it, a bug ends it with noise."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.tree import ROOT


def run(*chunks: str, breaks_at: str = "", folder: Path = ROOT) -> dict[str, Any]:
    """Run the app in a process of its own, in a folder; see `tests.support.app_process`."""
    command = [sys.executable, "-m", "tests.support.app_process", json.dumps(chunks), breaks_at]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=True, cwd=folder, env=environment
    )
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def test_chunks_reach_the_worker_in_order_and_sigterm_stops_it() -> None:
    assert run("first", "second", "last") == {
        "seen": ["start", "run", "stop"],
        "processed": ["first", "second", "last"],
        "code": 0,
    }


def test_an_exception_in_the_agent_ends_the_process_and_no_further_chunk_is_taken() -> None:
    found = run("first", "bad", "last", breaks_at="bad")

    assert found == {"seen": ["start", "run", "crash: planted", "stop"], "processed": ["first"], "code": 70}


def test_a_worker_that_cannot_start_ends_the_process_with_its_own_exit_code() -> None:
    found = run("first", breaks_at="start")

    assert found == {"seen": ["start", "crash: planted", "stop"], "processed": [], "code": 70}


def test_a_signal_that_comes_while_the_worker_starts_stops_it_in_order() -> None:
    found = run("first", breaks_at="signal")

    assert found == {"seen": ["start", "stop"], "processed": [], "code": 0}


def test_what_faust_itself_breaks_at_is_told_and_ends_the_process_as_a_bug() -> None:
    found = run("first", breaks_at="faust")

    assert found == {"seen": ["crash: planted"], "processed": [], "code": 70}


def test_the_working_directory_is_left_alone(tmp_path: Path) -> None:
    assert run("first", folder=tmp_path)["code"] == 0

    assert list(tmp_path.iterdir()) == []
