"""The documents of the repository: their headings, links and blocks of code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.tree import ROOT, shown, tracked_files

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`(?P<text>[^`]+)`(?!`)")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code with its language; `text` without the block's own indentation."""

    file: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{shown(self.file)}:{self.line}"


def documents() -> list[Path]:
    """Every tracked document, and those of docs/ that are still to be added."""
    tracked = {path for path in tracked_files() if path.suffix == ".md"}
    return sorted(tracked | set((ROOT / "docs").rglob("*.md")))


def blocks(*languages: str) -> list[Block]:
    """The blocks in these languages, of all documents."""
    return [block for file in documents() for block in _blocks(file) if block.language in languages]


def _blocks(file: Path) -> Iterator[Block]:
    text = file.read_text()
    for found in _FENCE.finditer(text):
        indent = len(found["indent"])
        lines = [line[indent:] for line in found["text"].splitlines()]
        yield Block(file, text.count("\n", 0, found.start()) + 1, found["language"], "\n".join(lines) + "\n")


def prose(file: Path) -> str:
    """The document without its blocks of code."""
    return _FENCE.sub("", file.read_text())


def links(file: Path) -> list[str]:
    """The targets of a document's links."""
    return [found["target"] for found in _LINK.finditer(prose(file))]


def anchors(file: Path) -> set[str]:
    """What a link may name behind `#`: the headings, as GitHub spells them."""
    headings = (found["text"].lower() for found in _HEADING.finditer(prose(file)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def inline_code(file: Path) -> list[str]:
    """The pieces of code within sentences; one that runs over a line's end is one piece."""
    return [" ".join(found["text"].split()) for found in _INLINE.finditer(prose(file))]


def walk(file: Path, first: str, last: str) -> str:
    """A document's shell blocks as one script: from the one with `first` to the one with `last` in it."""
    shell = [block for block in _blocks(file) if block.language == "sh"]
    begin = next(number for number, block in enumerate(shell) if first in block.text)
    end = next(number for number, block in enumerate(shell) if number >= begin and last in block.text)
    return "".join(block.text for block in shell[begin : end + 1])
