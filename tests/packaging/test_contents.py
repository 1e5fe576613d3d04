"""The packages hold what the project holds, no more and no less."""

import tarfile
import zipfile
from pathlib import PurePath

import pytest

from tests.support.command import run
from tests.support.packages import Built
from tests.support.tree import ROOT

pytestmark = pytest.mark.packaging

_NOT_IN_SDIST = {".ci", ".gitignore", "bench"}
_SHIPPED_DATA = {
    "pipeline/adapters/delivery_page/page.html",
    "pipeline/py.typed",
    "pipeline/samples/browser.jsonl",
    "topics/kameleoon-audit.yaml",
}


def project_files(*rooms: str) -> set[str]:
    """The files of a checkout, but for those that version control leaves out."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", *rooms, cwd=ROOT)
    return {name for name in listed.splitlines() if (ROOT / name).is_file()}


def names_in_wheel(built: Built) -> set[str]:
    return set(zipfile.ZipFile(built.wheel).namelist())


def names_in_sdist(built: Built) -> set[str]:
    with tarfile.open(built.sdist) as archive:
        return {str(PurePath(*PurePath(name).parts[1:])) for name in archive.getnames()}


def test_the_wheel_holds_two_packages_and_its_own_description(built: Built) -> None:
    version = built.wheel.name.split("-")[1]
    tops = {name.split("/")[0] for name in names_in_wheel(built)}
    assert tops == {"pipeline", "topics", f"kameleoon_pipeline-{version}.dist-info"}


def test_the_wheel_holds_every_file_of_both_packages(built: Built) -> None:
    held = {name for name in names_in_wheel(built) if ".dist-info/" not in name}
    assert held == project_files("pipeline", "topics")


def test_the_data_that_the_command_reads_are_in_the_wheel(built: Built) -> None:
    held = names_in_wheel(built)
    assert held >= _SHIPPED_DATA
    assert any(name.startswith("topics/schemas/") for name in held)
    assert any(name.startswith("topics/examples/") for name in held)
    assert any(name.startswith("pipeline/config/examples/") for name in held)


def test_the_source_distribution_holds_the_project(built: Built) -> None:
    expected = {name for name in project_files() if PurePath(name).parts[0] not in _NOT_IN_SDIST}
    assert names_in_sdist(built) == expected | {"PKG-INFO", ".gitignore"}
