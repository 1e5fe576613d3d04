"""The verb `check`: what is wrong with a configuration, all of it, each with its place."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.exits import ExitCode, stop
from pipeline.config import DEFAULT_FILE

if TYPE_CHECKING:
    from pipeline.cli.check_online import Finding
    from pipeline.cli.check_tests import Failure
    from pipeline.config.model import Config
    from pipeline.config.problem import Problem


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("check", epilog="Example: kameleoon-pipeline check --online my.yaml")(check)


def check(
    file: Annotated[Path, typer.Argument(help="The configuration.")] = Path(DEFAULT_FILE),
    online: Annotated[bool, typer.Option("--online", help="Ask the brokers and Kameleoon as well.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema for your editor, and check nothing.")
    ] = False,
) -> None:
    """Read the configuration and tell every mistake: file, line, column, key, what to write instead.

    Its own `tests` are run, too. Exit code 1: it has a mistake, or one fails.
    """
    if schema:
        print(_schema(), end="")
        return
    problems, config = _load(file)
    failed = _run_tests(config) if config is not None else ()
    findings, code = _ask(config) if config is not None and online else ((), ExitCode.FINE)
    if as_json:
        _print_json(file, problems, config, failed, findings if online else None)
    else:
        lines = (line for failure in failed for line in failure.lines())
        for told in (*problems, *lines, _closing_line(file, problems, config, len(failed)), *findings):
            print(told)
    raise typer.Exit(ExitCode.FOUND if config is None or failed else code)


def _run_tests(config: "Config") -> "tuple[Failure, ...]":
    if not config.tests:
        return ()
    from pipeline.cli.check_tests import failures

    return failures(config)


def _ask(config: "Config") -> "tuple[tuple[Finding, ...], ExitCode]":
    from pipeline.cli.check_online import exit_code, look

    findings = look(config)
    return findings, exit_code(findings)


def _print_json(
    file: Path,
    problems: "tuple[Problem, ...]",
    config: "Config | None",
    failed: "tuple[Failure, ...]",
    findings: "tuple[Finding, ...] | None",
) -> None:
    told: dict[str, object] = {"file": str(file), "ok": config is not None and not failed}
    told["problems"] = [asdict(problem) for problem in problems]
    if config is not None and config.tests:
        told["tests"] = {"run": len(config.tests), "failed": [failure.as_json() for failure in failed]}
    if findings is not None:
        told["online"] = [finding.as_json() for finding in findings]
    print(json.dumps(told))


def _schema() -> str:
    from pipeline.config.schema import schema_text

    return schema_text()


def _load(file: Path) -> "tuple[tuple[Problem, ...], Config | None]":
    from pipeline.config.loader import load_config
    from pipeline.config.problem import ConfigError, ConfigFileError

    try:
        config = load_config(file, os.environ)
    except ConfigFileError as error:
        stop(ExitCode.USAGE, str(error))
    except ConfigError as error:
        return error.problems, None
    return config.warnings, config


def _closing_line(file: Path, problems: "tuple[Problem, ...]", config: "Config | None", failed: int) -> str:
    warnings = sum(problem.severity == "warning" for problem in problems)
    told = f", {_count(warnings, 'warning')}" if warnings else ""
    if config is None:
        return f"{file}: {_count(len(problems) - warnings, 'mistake')}{told}"
    ran = len(config.tests)
    ended = f"{failed} of {_count(ran, 'test')} failed" if failed else f"{_count(ran, 'test')} passed"
    tests = f"; {ended}" if ran else ""
    return f"{file}: no mistakes{told}; {_count(len(config.plan.mappings), 'mapping')}{tests}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
