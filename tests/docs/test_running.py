"""The pages on running and operations name every log line, every code a process ends with, every hold."""

import re

import pytest

from pipeline.cli.exits import ExitCode
from pipeline.core.breaker import Cause
from pipeline.core.health import Hindrance
from tests.support.tree import ROOT, python_files

_PAGE = (ROOT / "docs" / "running.md").read_text()
_OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
_CALL = re.compile(r'\b(?:log|_log|get_logger\("[\w.]+"\))\.(?:info|warning|error|critical)\(\s*"([^"]+)"')
_ROW = re.compile(r"^\| (?:info|warning|error|critical) \| `([^`]+)` \|", re.MULTILINE)


def test_the_page_lists_the_log_lines_that_are_written() -> None:
    written = {event for path in python_files("pipeline") for event in _CALL.findall(path.read_text())}
    assert set(_ROW.findall(_PAGE)) == written


def test_the_page_lists_every_exit_code() -> None:
    assert all(f"\n| {code.value} | " in _PAGE for code in ExitCode)


@pytest.mark.parametrize("hindrance", sorted(set(Hindrance) - {Hindrance.STOPPING}))
def test_operations_say_of_every_hold_why_and_what_to_do(hindrance: Hindrance) -> None:
    (row,) = re.findall(rf"^\| `{hindrance}` \| (.+) \| (.+) \|$", _OPERATIONS, re.MULTILINE)
    assert all(row)


@pytest.mark.parametrize("cause", Cause)
def test_operations_say_so_of_an_open_breaker_too(cause: Cause) -> None:
    (row,) = re.findall(rf'^\| ready, `"breaker": "{cause}"` \| (.+) \| (.+) \|$', _OPERATIONS, re.MULTILINE)
    assert all(row)
