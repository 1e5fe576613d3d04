"""What is published names no machine, no mirror, and nothing that is not there."""

import re
from pathlib import Path

import pytest

from tests.support.tree import ROOT, shown, tracked_files

_MACHINE_PATH = re.compile(r"(?<![\w.{}$])/(?:work|farm|root|Users|home/(?!app\b)\w+)/[\w.]")
_REGISTRY = re.compile(
    r"(?:pypi|pythonhosted|registry-1\.docker|ghcr|quay|repo1?\.maven|maven\.apache\.org/maven2)\.(?:org|io|com)"
    r"|index-url|find-links|trusted-host|(?<!\.)\bdeb\.debian\.",
)
_OPTION = re.compile(r"--no-emit-(?:index-url|find-links)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
_DATA = {".jsonl", ".json"}


def lines_with(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [
        f"{shown(path)}:{number}"
        for path in files
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if pattern.search(_OPTION.sub("", line))
    ]


def _text(path: Path) -> str:
    return path.read_text(errors="replace")


def _written_here() -> list[Path]:
    return [path for path in tracked_files() if path.suffix not in _DATA and path != Path(__file__)]


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    assert lines_with(_MACHINE_PATH, _written_here()) == []


def test_no_tracked_file_names_a_registry() -> None:
    assert lines_with(_REGISTRY, _written_here()) == []


@pytest.mark.parametrize("place", ["root", "home/me", "work"])
@pytest.mark.parametrize("line", ["cd {}/x", "open('{}/x')", "see {}/main"])
def test_a_path_of_one_machine_is_seen(line: str, place: str) -> None:
    assert _MACHINE_PATH.search(line.format(f"/{place}"))


@pytest.mark.parametrize("line", ["--index-url https://x/simple", "https://files.pythonhosted.org/x"])
def test_a_registry_is_seen(line: str) -> None:
    assert _REGISTRY.search(line)


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [path for path in tracked_files() if path.suffix == ".md"]
    links = [(path, link) for path in documents for link in _LINK.findall(_text(path)) if "://" not in link]
    assert [f"{shown(path)} -> {link}" for path, link in links if not (path.parent / link).exists()] == []


def test_the_licence_and_the_change_log_are_there() -> None:
    assert "MIT License" in _text(ROOT / "LICENSE")
    assert "## [Unreleased]" in _text(ROOT / "CHANGELOG.md")
