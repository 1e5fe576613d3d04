"""The tables by which tests/broker runs the commands of the documents: complete, and not a word too much."""

import re

import pytest

from tests.support.documented import table
from tests.support.documented.commands import commands, statements

_ALL = list(commands())
_RUN = [command for command in _ALL if table.is_run(command)]


def test_the_commands_are_found() -> None:
    assert len(_RUN) > 50
    assert table.CREW in _RUN


@pytest.mark.parametrize("command", _RUN)
def test_a_command_can_be_run_and_judged(command: str) -> None:
    assert table.unknown_placeholders(command) == [], "put it into LITERALS, with what the test has there"
    assert table.key_of(command) is not None, "put it into SAYS, or into NOT_RUN with the reason"


@pytest.mark.parametrize("start", [*table.NOT_RUN, *table.OPTIONS, *table.ENDS_WITH])
def test_what_is_told_of_a_command_is_needed(start: str) -> None:
    assert any(command.startswith(start) for command in _ALL)


@pytest.mark.parametrize("literal", table.LITERALS)
def test_what_is_put_in_is_needed(literal: str) -> None:
    assert any(literal in command for command in _RUN)


@pytest.mark.parametrize("pattern", table.STAYS)
def test_what_stays_is_there(pattern: str) -> None:
    assert any(re.match(pattern, command) for command in _RUN)


def test_everything_that_has_to_be_said_is_asked_for() -> None:
    assert {table.key_of(command) for command in _RUN} == set(table.SAYS)


@pytest.mark.parametrize(
    "command",
    [
        "kameleoon-pipeline replay --since 2027-01-02T03:04Z",
        "curl http://127.0.0.1:1234/ready",
        "x SOME",
        "x <y>",
    ],
)
def test_a_placeholder_that_no_table_knows_is_seen(command: str) -> None:
    assert table.unknown_placeholders(command)


def test_a_here_document_goes_with_what_it_reads() -> None:
    script = "first\nsecond > file\npython3 - << 'END'\nprint()\n\nEND\nlast \\\n  word\n"
    assert statements(script) == [
        "first",
        "second > file\npython3 - << 'END'\nprint()\n\nEND",
        "last    word",
    ]
