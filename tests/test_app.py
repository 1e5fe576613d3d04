"""The app as a process runs it: chunks reach the worker, signals end it, a bug ends it with noise."""

import json
import subprocess
import sys
from typing import Any


def run(*chunks: str, breaks_at: str = "") -> dict[str, Any]:
    """Run the app in a process of its own; see `tests.support.app_process`."""
    command = [sys.executable, "-m", "tests.support.app_process", json.dumps(chunks), breaks_at]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def test_chunks_reach_the_worker_in_order_and_sigterm_stops_it() -> None:
    assert run("first", "second", "last") == {
        "seen": ["start", "stop"],
        "processed": ["first", "second", "last"],
        "code": 0,
    }


def test_an_exception_in_the_agent_ends_the_process_and_no_further_chunk_is_taken() -> None:
    found = run("first", "bad", "last", breaks_at="bad")

    assert found == {"seen": ["start", "crash: planted", "stop"], "processed": ["first"], "code": 70}


def test_a_worker_that_cannot_start_ends_the_process_with_its_own_exit_code() -> None:
    found = run("first", breaks_at="start")

    assert found == {"seen": ["start", "crash: planted", "stop"], "processed": [], "code": 70}
