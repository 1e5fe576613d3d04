"""Links between documents lead to files and headings that are there; every page can be found."""

from pathlib import Path

import pytest

from tests.support.documents import anchors, documents, links
from tests.support.tree import ROOT, shown


@pytest.mark.parametrize("file", documents(), ids=shown)
def test_every_relative_link_resolves(file: Path) -> None:
    broken = [link for link in links(file) if "://" not in link and not _resolves(file, link)]
    assert broken == []


def _resolves(file: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (file.parent / path).resolve() if path else file
    return target.exists() and (not anchor or anchor in anchors(target))


def test_a_heading_that_is_not_there_is_seen() -> None:
    assert not _resolves(ROOT / "README.md", "CHANGELOG.md#never-written")


def test_every_page_of_docs_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert set((ROOT / "docs").rglob("*.md")) - {index} <= listed
