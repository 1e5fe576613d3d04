"""The Makefile, its help and the documents name the same targets."""

import os
import re
import subprocess

import pytest

from tests.support.tree import ROOT

_MAKEFILE = (ROOT / "Makefile").read_text()
_TARGETS = set(re.findall(r"^([a-z][a-z-]*):", _MAKEFILE, re.MULTILINE))
_PROMISED = {
    "demo",
    "test",
    "check",
    "test-compose",
    "torture",
    "kafka-up",
    "kafka-down",
    "lock",
    "build",
    "clean",
}


def test_every_promised_target_is_there() -> None:
    assert _TARGETS >= _PROMISED


def test_the_help_explains_every_target() -> None:
    said = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    explained = dict(line.removeprefix("make ").split(maxsplit=1) for line in said.splitlines())
    assert set(explained) == _TARGETS


def test_no_target_is_taken_for_a_file() -> None:
    phony = re.search(r"^\.PHONY:(.*)$", _MAKEFILE, re.MULTILINE)
    assert phony
    assert {target for target in phony[1].split() if not target.startswith(".")} == _TARGETS


def test_documents_name_only_targets_that_are_there() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {
        target
        for path in documents
        for target in re.findall(r"(?:`|^|\$ )make ([a-z][a-z-]*)", path.read_text(), re.MULTILINE)
    }
    assert sorted(named - _TARGETS) == []
    assert {"demo", "test"} <= named


@pytest.mark.parametrize("tool", ["ruff format --check", "ruff check", "mypy", "lint-imports", "pytest"])
def test_check_runs_every_tool(tool: str) -> None:
    outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "COVERAGE", "PYTEST_OPTIONS"}  # an outer make sets these
    said = subprocess.run(
        ["make", "-n", "check"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in outer},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f".venv/bin/{tool}" in said


def test_ci_asks_for_targets_that_are_there() -> None:
    asked = set(re.findall(r"\bmake --no-print-directory ([a-z-]+)", (ROOT / ".ci" / "run").read_text()))
    assert {"static", "test", "demo", "test-compose", "build"} == asked & _TARGETS == asked
