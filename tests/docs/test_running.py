"""The page on operations names the log lines that there are, and the codes a process ends with."""

import re

from pipeline.cli.exits import ExitCode
from tests.support.tree import ROOT, python_files

_PAGE = (ROOT / "docs" / "running.md").read_text()
_CALL = re.compile(r'\b(?:log|_log|get_logger\("[\w.]+"\))\.(?:info|warning|error|critical)\(\s*"([^"]+)"')
_ROW = re.compile(r"^\| (?:info|warning|error|critical) \| `([^`]+)` \|", re.MULTILINE)


def test_the_page_lists_the_log_lines_that_are_written() -> None:
    written = {event for path in python_files("pipeline") for event in _CALL.findall(path.read_text())}
    assert set(_ROW.findall(_PAGE)) == written


def test_the_page_lists_every_exit_code() -> None:
    assert all(f"\n| {code.value} | " in _PAGE for code in ExitCode)
