"""The verb `explain`: what the pipeline makes of events, and why. Nothing is sent unless asked for."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pipeline.cli.configured import loaded
from pipeline.cli.exits import ExitCode, standard_input, stop

if TYPE_CHECKING:
    from pipeline.cli.explain_json import Request
    from pipeline.config.model import Config
    from pipeline.core.decode import Framing
    from pipeline.core.explain import Explanation
    from pipeline.core.plan import Plan


@dataclass(frozen=True, slots=True)
class _Setup:
    """What events are explained with. `config` is None where the presets run with placeholders."""

    plan: "Plan"
    request: "Request"
    config: "Config | None"


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("explain", epilog="Example: kameleoon-pipeline explain --config my.yaml event.json")(explain)


def explain(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE|-", help="One event, or JSON lines; `-` is standard input.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="The configuration; without it the four presets run.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each event.")] = False,
    send: Annotated[
        bool, typer.Option("--send", help="Send the one event to Kameleoon, after asking.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Explain again whenever FILE or the configuration is saved.")
    ] = False,
    rules: Annotated[
        bool, typer.Option("--rules", help="Show what each answer of Kameleoon means; goes without FILE.")
    ] = False,
    status: Annotated[
        int | None, typer.Option("--status", help="With --rules: tell which one decides on this status.")
    ] = None,
    body: Annotated[str | None, typer.Option("--body", help="The body of that answer.")] = None,
    header: Annotated[
        list[str] | None, typer.Option("--header", help="A header of that answer, `name: value`.")
    ] = None,
) -> None:
    """Show an event's way: each stage's decision, each field's origin, the exact request.

    Exit code 0: every event could be decided. 1: at least one is rejected.
    """
    if watch and (rules or send or as_json or file in (None, "-")):
        stop(ExitCode.USAGE, "--watch needs a FILE, and goes without --send, --json and --rules")
    if rules:
        _rules(config, file, (status, body, tuple(header or ())), as_json=as_json, send=send)
        return
    if file is None or status is not None or body is not None or header:
        stop(ExitCode.USAGE, "name a FILE; or give --rules, alone or with --status, --body and --header")
    if watch:
        explain_again(file, config, time.sleep)
    _events(file, config, as_json=as_json, send=send)


def explain_again(file: str, config: Path | None, wait: Callable[[float], None]) -> NoReturn:
    """Explain at once and after each save, mistakes included, until Ctrl-C. `wait` lets time go by."""
    from pipeline.cli.explain_watch import watch

    files = tuple(path for path in (config, Path(file)) if path is not None)

    def look(saved: tuple[Path, ...]) -> None:
        for path in saved:
            print(f"\nsaved: {path}", flush=True)
        with suppress(typer.Exit):  # a mistake, or a rejected event: it is told, and may be mended
            _events(file, config, as_json=False, send=False)
        if not saved:
            print(f"watching {' and '.join(map(str, files))}; Ctrl-C ends it", file=sys.stderr, flush=True)

    watch(files, look, wait)


def _rules(
    config: Path | None,
    file: str | None,
    given: tuple[int | None, str | None, tuple[str, ...]],
    *,
    as_json: bool,
    send: bool,
) -> None:
    from pipeline.cli.explain_rules import Given, print_rules
    from pipeline.config.verdicts import rule_table

    if file is not None or send:
        stop(ExitCode.USAGE, "--rules goes without FILE and without --send")
    written = () if config is None else loaded(config).delivery.verdicts
    print_rules(rule_table(written), Given(*given), as_json=as_json)


def _events(file: str, config: Path | None, *, as_json: bool, send: bool) -> None:
    if send and (config is None or as_json or file == "-"):
        stop(ExitCode.USAGE, "--send needs --config and a FILE with one event, and goes without --json")
    setup = _setup(config)
    values = split(_read(file), setup.plan.framing)
    if not values:
        stop(ExitCode.USAGE, f"{file}: there is no event in it")
    if send and len(values) > 1:
        stop(ExitCode.USAGE, f"{file}: --send takes one event, and these are {len(values)} lines")
    explanations = _print_all(values, setup, as_json=as_json)
    if send and setup.config is not None:
        from pipeline.cli.explain_send import send_parts

        send_parts(explanations[-1], setup.config)
    if any(map(_is_rejected, explanations)):
        raise typer.Exit(ExitCode.FOUND)


def split(content: bytes, framing: "Framing") -> list[bytes]:
    r"""The records in a file: one if the whole is an object over several lines, else its lines.

    Lines are split at \n only. A blank line is a line, so it is a record, too.
    """
    from pipeline.core.decode import decode
    from pipeline.core.outcome import Reason, Rejected

    lines = content.removesuffix(b"\n").split(b"\n") if content else []
    if sum(not line.isspace() for line in lines if line) > 1:
        whole = decode(content, framing)
        objects = {Reason.MISSING_TYPE, Reason.UNKNOWN_TYPE, Reason.SDK_REQUEST}
        if not isinstance(whole, Rejected) or whole.reason in objects:
            return [content]
    return lines


def _read(file: str) -> bytes:
    if file == "-":
        return standard_input().read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        stop(ExitCode.USAGE, f"{file} cannot be read: {(error.strerror or 'unknown reason').lower()}")


def _setup(path: Path | None) -> _Setup:
    from pipeline.cli.explain_json import masked_request
    from pipeline.config.delivery import Delivery
    from pipeline.core.plan import compile_plan, preset_definitions

    if path is None:
        delivery = Delivery()
        request = masked_request(delivery.endpoint, "<sitecode>", delivery.user_agent)
        return _Setup(compile_plan(preset_definitions()), request, None)
    config = loaded(path)
    delivery = config.delivery
    request = masked_request(delivery.endpoint, config.destination.sitecode, delivery.user_agent)
    return _Setup(config.plan, request, config)


def _print_all(values: list[bytes], setup: _Setup, *, as_json: bool) -> "list[Explanation]":
    from pipeline.cli.explain_json import json_line
    from pipeline.cli.explain_text import lines
    from pipeline.core.explain import explain as explained

    explanations = []
    for number, value in enumerate(values, 1):
        explanation = explained(setup.plan, value)
        explanations.append(explanation)
        if as_json:
            sys.stdout.buffer.write(json_line(explanation, setup.request) + b"\n")
            continue
        if number > 1:
            print()
        if len(values) > 1:
            print(f"line {number}")
        for line in lines(explanation, setup.request):
            print(line)
    sys.stdout.flush()
    return explanations


def _is_rejected(explanation: "Explanation") -> bool:
    from pipeline.core.outcome import Rejected

    return any(isinstance(part, Rejected) for part in explanation.decided.parts)
