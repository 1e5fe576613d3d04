"""The wheel works in an environment that holds the locked versions and nothing else."""

import json
from pathlib import Path

import pytest

from tests.support.command import run

pytestmark = pytest.mark.packaging

_IMPORT_ALL = """
import importlib, json, pkgutil, pipeline, topics
def walk(package): return pkgutil.walk_packages(package.__path__, package.__name__ + ".")
found = [name for package in (pipeline, topics) for _, name, _ in walk(package)]
modules = [importlib.import_module(name) for name in found if not name.endswith("__main__")]
print(json.dumps([module.__file__ for module in modules if module.__file__]))
"""


@pytest.fixture
def python(installed: Path) -> tuple[str | Path, ...]:
    """The environment's Python, blind to the folder it runs in and to the user's settings."""
    return (installed / "python", "-I")


def test_the_command_shows_its_help_in_an_empty_folder(
    python: tuple[str | Path, ...],
    installed: Path,
    tmp_path: Path,
) -> None:
    assert "Usage: kameleoon-pipeline" in run(
        *python, installed / "kameleoon-pipeline", "--help", cwd=tmp_path
    )


def test_every_module_imports_from_the_wheel(python: tuple[str | Path, ...], tmp_path: Path) -> None:
    files = [Path(name) for name in json.loads(run(*python, "-c", _IMPORT_ALL, cwd=tmp_path))]
    assert len(files) > 10
    assert [file for file in files if "site-packages" not in file.parts] == []


def test_the_types_are_shipped(python: tuple[str | Path, ...], tmp_path: Path) -> None:
    find = "from importlib.resources import files; print(files('pipeline').joinpath('py.typed').is_file())"
    assert run(*python, "-c", find, cwd=tmp_path) == "True\n"


def test_nothing_is_missing_or_at_odds(installed: Path) -> None:
    assert "No broken requirements" in run(installed / "python", "-m", "pip", "check")
