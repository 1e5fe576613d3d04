"""Workflows run what a person runs, on actions pinned by commit, with no rights but to read."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.tree import ROOT, shown

_FILES = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
_USES = re.compile(r"^\s*(?:- )?uses:\s*(.*)$", re.MULTILINE)
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+")
_OURS = re.compile(r"\.ci/run|make [a-z-]+")


def unpinned(text: str) -> list[str]:
    """Actions that are not named by a whole commit with its version beside it."""
    return [used for used in _USES.findall(text) if not _PINNED.fullmatch(used)]


def is_reading_only(permissions: Any) -> bool:
    """Whether permissions are spelt out and allow nothing but to read."""
    return isinstance(permissions, dict) and set(permissions.values()) <= {"read", "none"}


def _workflow(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 (makes texts only)
    return loaded


def test_there_are_workflows() -> None:
    assert {path.stem for path in _FILES} >= {"ci", "audit"}


@pytest.mark.parametrize("path", _FILES, ids=shown)
def test_every_action_is_pinned_by_commit(path: Path) -> None:
    text = path.read_text()
    assert _USES.findall(text)
    assert unpinned(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "      - uses: actions/checkout@v4",
        "      - uses: actions/checkout@main  # v4.2.2",
        "        uses: actions/checkout@11bd719  # v4.2.2",
        "      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
        "      - uses: docker://alpine:3",
    ],
)
def test_what_is_not_pinned_is_seen(line: str) -> None:
    assert unpinned(line)


@pytest.mark.parametrize("path", _FILES, ids=shown)
def test_a_workflow_may_do_nothing_but_read(path: Path) -> None:
    workflow = _workflow(path)
    assert is_reading_only(workflow["permissions"])
    assert all(is_reading_only(job.get("permissions", {})) for job in workflow["jobs"].values())
    assert "pull_request_target" not in workflow["on"]


@pytest.mark.parametrize("permissions", [None, "write-all", "read-all", {"contents": "write"}])
def test_more_rights_are_seen(permissions: Any) -> None:
    assert not is_reading_only(permissions)


@pytest.mark.parametrize("path", _FILES, ids=shown)
def test_jobs_end_keep_no_credentials_and_run_our_own_targets(path: Path) -> None:
    for job in _workflow(path)["jobs"].values():
        assert int(job["timeout-minutes"]) <= 60
        for step in job["steps"]:
            is_checkout = step.get("uses", "").startswith("actions/checkout@")
            assert not is_checkout or step["with"]["persist-credentials"] == "false"
            assert "run" not in step or _OURS.fullmatch(step["run"])
