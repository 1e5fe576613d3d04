"""The Makefile, its help and the documents name the same targets."""

import re
import subprocess

from tests.support.tree import ROOT

_MAKEFILE = (ROOT / "Makefile").read_text()
_TARGETS = set(re.findall(r"^([a-z][a-z-]*):", _MAKEFILE, re.MULTILINE))
_PROMISED = {
    "demo",
    "test",
    "check",
    "test-compose",
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
    assert set(phony[1].split()) == _TARGETS


def test_documents_name_only_targets_that_are_there() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {
        target
        for path in documents
        for target in re.findall(r"(?:`|^|\$ )make ([a-z][a-z-]*)", path.read_text(), re.MULTILINE)
    }
    assert sorted(named - _TARGETS) == []
    assert {"demo", "test"} <= named


def test_check_holds_the_direction_of_imports() -> None:
    assert "lint-imports" in _MAKEFILE.split("\ncheck:")[1].split("\n\n")[0]
