"""The command itself: help, version, exit codes, and what a bug looks like."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from pipeline.cli import main as command
from pipeline.cli.exits import ExitCode, stop


def test_help_names_every_verb() -> None:
    result = CliRunner().invoke(command.app, ["--help"], env={"COLUMNS": "200"})
    assert result.exit_code == ExitCode.FINE
    assert all(verb in result.output for verb in command.VERBS)


def test_the_lines_of_every_help_fit_80_columns() -> None:
    """Behind the first paragraph they are shown as they are written: a longer one would be broken twice."""

    def lines(group: TyperGroup) -> Iterator[str]:
        for verb in group.commands.values():
            yield from (verb.help or "").partition("\n\n")[2].splitlines()
            if isinstance(verb, TyperGroup):
                yield from lines(verb)

    assert [line for line in lines(typer.main.get_group(command.app)) if len(line) > 78] == []


def test_every_help_ends_with_an_example_that_the_verb_understands() -> None:
    def verbs(group: TyperGroup, *names: str) -> Iterator[tuple[tuple[str, ...], typer.core.TyperCommand]]:
        for name, verb in group.commands.items():
            if isinstance(verb, TyperGroup):
                yield from verbs(verb, *names, name)
            elif isinstance(verb, typer.core.TyperCommand):
                yield (*names, name), verb

    found = list(verbs(typer.main.get_group(command.app)))
    assert len(found) >= len(command.VERBS)
    for names, verb in found:
        begin = f"Example: {' '.join(('kameleoon-pipeline', *names))}"
        example = verb.epilog or ""
        assert example.startswith(begin)
        verb.make_context("example", example.removeprefix(begin).split())


@pytest.mark.parametrize("buffering", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("verb", [["explain", "--rules"], ["check", "--schema"], ["--help"]], ids=" ".join)
def test_a_reader_that_has_gone_is_not_told_as_a_finding(verb: list[str], buffering: str) -> None:
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", *verb],
        stdout=write,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": buffering},
        check=False,
    )
    os.close(write)

    assert (ended.returncode, ended.stderr) == (ExitCode.READER_GONE, b"")


@pytest.mark.parametrize("buffering", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("verb", [["check", "--schema"], ["--version"]], ids=" ".join)
def test_output_that_cannot_be_written_is_no_bug(verb: list[str], buffering: str) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "pipeline.cli.main", *verb],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": buffering},
            check=False,
        )

    assert ended.stderr == b"could not write the output: No space left on device\n"
    assert ended.returncode == ExitCode.USAGE


def test_an_output_that_was_closed_before_the_start_is_nobodys_mistake() -> None:
    command = f"{sys.executable} -m pipeline.cli.main check --schema >&-"
    ended = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, check=False)

    assert (ended.returncode, ended.stderr) == (ExitCode.FINE, b"")


def test_version_is_printed() -> None:
    result = CliRunner().invoke(command.app, ["--version"])
    assert result.exit_code == ExitCode.FINE
    assert result.output.strip().count(".") >= 2


def test_an_unknown_verb_is_a_usage_error() -> None:
    assert CliRunner().invoke(command.app, ["no-such-verb"]).exit_code == ExitCode.USAGE


def _run_main(monkeypatch: pytest.MonkeyPatch, failing: typer.Typer) -> int | str | None:
    monkeypatch.setattr(command, "app", failing)
    monkeypatch.setattr(sys, "argv", ["kameleoon-pipeline"])
    with pytest.raises(SystemExit) as stopped:
        command.main()
    return stopped.value.code


def _one_verb(body: type[Exception] | None) -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def verb() -> None:
        if body is not None:
            raise body("broken inside")
        stop(ExitCode.UNREACHABLE, "the broker does not answer")

    return app


def test_an_unexpected_exception_is_one_line_and_code_70(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(command.TRACEBACK_VARIABLE, raising=False)
    assert _run_main(monkeypatch, _one_verb(ValueError)) == ExitCode.BUG
    printed = capsys.readouterr().err
    assert "this is a bug: ValueError (" in printed
    assert "broken inside" not in printed  # the text of an error may quote an event
    assert printed.count("\n") == 1


def test_the_traceback_is_printed_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(command.TRACEBACK_VARIABLE, "1")
    assert _run_main(monkeypatch, _one_verb(KeyError)) == ExitCode.BUG
    printed = capsys.readouterr().err
    assert "KeyError" in printed
    assert "test_main.py" in printed
    assert "broken inside" not in printed.replace('"broken inside"', "")


def test_stop_prints_its_sentence_and_gives_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run_main(monkeypatch, _one_verb(None)) == ExitCode.UNREACHABLE
    assert capsys.readouterr().err == "the broker does not answer\n"
