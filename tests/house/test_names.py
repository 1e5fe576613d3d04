"""A module is named for what it does."""

from pathlib import PurePath

import pytest

from tests.support.tree import python_files, shown

FORBIDDEN = {"util", "utils", "helper", "helpers", "common", "base", "manager", "managers", "misc"}


def says_nothing(path: str) -> bool:
    """Whether a folder or a word of the file's name says nothing."""
    place = PurePath(path)
    return not FORBIDDEN.isdisjoint({*place.parent.parts, *place.stem.split("_")})


def test_no_module_or_folder_is_named_for_nothing() -> None:
    assert [name for name in map(shown, python_files()) if says_nothing(name)] == []


@pytest.mark.parametrize("path", ["pipeline/utils.py", "pipeline/common/x.py", "pipeline/kafka_helpers.py"])
def test_such_names_are_seen(path: str) -> None:
    assert says_nothing(path)
