"""The lock files hold what pyproject.toml asks for, each by version and hash."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.locks import pins
from tests.support.tree import ROOT

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_EXTRAS = [entry for extra in _PROJECT["project"]["optional-dependencies"].values() for entry in extra]
_RUNTIME = [*_PROJECT["project"]["dependencies"], *_EXTRAS]
_TOOLS = [entry for group in _PROJECT["dependency-groups"].values() for entry in group]
_LESSER = ["requirements.lock", "requirements-build.lock"]


@pytest.mark.parametrize(
    "lock, asked",
    [
        ("requirements.lock", _RUNTIME),
        ("requirements-dev.lock", _RUNTIME + _TOOLS),
        ("requirements-build.lock", _PROJECT["dependency-groups"]["build"]),
    ],
)
def test_a_lock_fits_what_is_asked(lock: str, asked: list[str]) -> None:
    locked = pins(lock)
    for text in asked:
        requirement = Requirement(text)
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {lock}: run make lock"
        assert requirement.specifier.contains(version), f"{lock} has {version} of {text}: run make lock"


@pytest.mark.parametrize("lock", [*_LESSER, "requirements-dev.lock"])
def test_every_line_of_a_lock_is_a_hashed_pin(lock: str) -> None:
    text = (ROOT / lock).read_text()
    begun = re.findall(r"^[^\s#].*$", text, re.MULTILINE)
    assert len(begun) == len(pins(lock)) > 0


@pytest.mark.parametrize("lock", _LESSER)
def test_tests_run_on_the_versions_that_are_shipped(lock: str) -> None:
    assert pins(lock).items() <= pins("requirements-dev.lock").items()


def test_what_is_locked_can_run_on_the_oldest_python() -> None:
    oldest = re.search(r"python-version (\S+)", (ROOT / "Makefile").read_text())
    assert oldest
    assert _PROJECT["project"]["requires-python"] == f">={oldest[1]}"
