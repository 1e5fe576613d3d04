"""Every command that a document names exists, with the options it is given."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from pipeline.cli.main import app
from tests.support.documents import blocks, documents, inline_code
from tests.support.tree import ROOT, shown

_COMMAND = "kameleoon-pipeline"
_ENDS = {"|", "&", ">", "2>", ">>", "<<", ";", "&&", "||"}
_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


def _written() -> Iterator[tuple[str, str]]:
    """Where a command is written, and the command."""
    for block in blocks("sh", "console"):
        for line in block.text.replace("\\\n", " ").splitlines():
            yield str(block), line
    for file in documents():
        for code in inline_code(file):
            yield shown(file), code


def _calls(program: str) -> list[tuple[str, list[str]]]:
    """Each call of a program: where, and its arguments."""
    return [
        (where, found)
        for where, text in _written()
        if f"{program} " in text
        for found in _arguments(text, program)
    ]


def _arguments(text: str, program: str) -> Iterator[list[str]]:
    words = shlex.split(text, comments=True)
    for index, word in enumerate(words):
        if word.rpartition("/")[2] == program and (index == 0 or words[index - 1] in _ENDS):
            rest = words[index + 1 :]
            end = next((at for at, other in enumerate(rest) if other in _ENDS), len(rest))
            yield rest[:end]


def _mistake(arguments: list[str]) -> str | None:
    """What is wrong with the arguments of our command; None if it would take them."""
    command = typer.main.get_command(app)
    for word in arguments:
        if word.startswith("-") and word != "-":
            known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
            if word.partition("=")[0] not in {*known, "--help", "-h"}:
                return f"{command.name} has no option {word}"
        elif isinstance(command, TyperGroup):
            if word not in command.commands:
                return f"{command.name} has no verb {word}"
            command = command.commands[word]
    return None


@pytest.mark.parametrize("where, arguments", _calls(_COMMAND))
def test_the_command_has_the_verb_and_the_options(where: str, arguments: list[str]) -> None:
    assert _mistake(arguments) is None, where


def test_many_commands_are_found() -> None:
    assert len(_calls(_COMMAND)) > 30


@pytest.mark.parametrize("arguments", [["replay-all"], ["audit", "summary", "--all"], ["topics", "drop"]])
def test_what_the_command_has_not_is_seen(arguments: list[str]) -> None:
    assert _mistake(arguments)


def test_every_make_target_exists() -> None:
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text()))
    calls = _calls("make")
    named = {word for _, words in calls for word in words if not word.startswith("-") and "=" not in word}
    assert named
    assert named <= targets


def test_every_path_of_the_readme_exists() -> None:
    named = {code for code in inline_code(ROOT / "README.md") if re.fullmatch(r"[\w./-]+/[\w.-]*", code)}
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_files_that_commands_name_exist() -> None:
    samples = {
        word for _, words in _calls(_COMMAND) for word in words if word.startswith(("pipeline/", "topics/"))
    }
    assert samples
    assert [path for path in samples if not Path(ROOT, path).exists()] == []
