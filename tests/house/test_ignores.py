"""Whoever silences a checker says why, on the same line."""

import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tree import ROOT, python_files, shown

_SILENCER = re.compile(
    r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no cover|fmt:\s*(?:off|skip)|ruff:)", re.IGNORECASE
)
_JUSTIFIED = re.compile(
    r"#\s*(?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[a-z-]+(?:, ?[a-z-]+)*\]|pragma: no cover)"
    r"(?!\w)\s*[(#:-]?\s*\w",
)


def comments(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def is_bare(comment: str) -> bool:
    """Whether the comment silences a checker without a code or without a reason."""
    return bool(_SILENCER.search(comment)) and not _JUSTIFIED.search(comment)


def test_every_ignore_in_code_gives_its_reason() -> None:
    bare = [
        f"{shown(path)}:{line}" for path in python_files() for line, text in comments(path) if is_bare(text)
    ]
    assert bare == []


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: E501", "# type: ignore", "# type: ignore[misc]", "# fmt: off"]
)
def test_a_bare_ignore_is_seen(comment: str) -> None:
    assert is_bare(comment)


@pytest.mark.parametrize(
    "comment", ["# noqa: S101 (tests assert)", "# type: ignore[misc]  # untyped parent", "# why"]
)
def test_a_reason_is_enough(comment: str) -> None:
    assert not is_bare(comment)


def test_every_rule_switched_off_for_all_gives_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    lint = tomllib.loads(text)["tool"]["ruff"]["lint"]
    codes = [*lint["ignore"], *(code for file in lint["per-file-ignores"].values() for code in file)]
    assert [code for code in codes if not re.search(rf'^\s*"{code}",\s*# \S+', text, re.MULTILINE)] == []
