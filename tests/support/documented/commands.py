"""The commands that the README and the pages of docs/ tell a reader to type."""

import re
from collections.abc import Iterator
from typing import Final

from tests.support.documents import Block, blocks, inline_code, walk
from tests.support.tree import ROOT, shown

README: Final = ROOT / "README.md"
PAGES: Final = (README, *sorted((ROOT / "docs").glob("*.md")))
PROGRAMS: Final = ("kameleoon-pipeline", "curl", "docker", "kubectl", "make", "pip", "systemctl")
"""What a piece of code within a sentence begins with if it is a command."""

FIVE_MINUTES: Final = walk(README, "kameleoon-pipeline init", "kill %2 %1")
CRASH: Final = walk(ROOT / "docs" / "guarantees.md", "kill -KILL $worker", "kill $worker $sandbox")
"""Scripts: their commands mean something only one after the other."""

_HERE_DOCUMENT: Final = re.compile(r"<< '(?P<end>\w+)'")


def commands() -> dict[str, list[str]]:
    """Each command once, with the places where it is written; those of the scripts are not among them."""
    found: dict[str, list[str]] = {}
    for where, command in (*_in_blocks(), *_in_sentences()):
        found.setdefault(command, []).append(where)
    return found


def _in_blocks() -> Iterator[tuple[str, str]]:
    for block in blocks("sh", "console"):
        if block.file in PAGES and not _is_of_a_script(block):
            yield from ((str(block), statement) for statement in statements(block.text))


def _is_of_a_script(block: Block) -> bool:
    return any(block.text in script for script in (FIVE_MINUTES, CRASH))


def _in_sentences() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        yield from ((shown(page), code) for code in inline_code(page) if _is_command(code))


def _is_command(code: str) -> bool:
    program, _, rest = code.partition(" ")
    return program in PROGRAMS and bool(rest)


def statements(script: str) -> list[str]:
    """The commands of a block.

    A here-document belongs to its command, and that to the one before it, whose output it reads.
    """
    found: list[str] = []
    lines = iter(script.replace("\\\n", " ").splitlines())
    for line in lines:
        here = _HERE_DOCUMENT.search(line)
        if here is not None:
            before = [found.pop()] if found else []
            found.append("\n".join([*before, line, *_until(lines, here["end"])]))
        elif line.strip():
            found.append(line)
    return found


def _until(lines: Iterator[str], end: str) -> Iterator[str]:
    for line in lines:
        yield line
        if line == end:
            return


def repair_configuration() -> str:
    """What a page has a reader write into `repair.yaml`."""
    page = ROOT / "docs" / "disasters.md"
    (found,) = (b.text for b in blocks("yaml") if b.file == page and "group: shop-repair" in b.text)
    return found
