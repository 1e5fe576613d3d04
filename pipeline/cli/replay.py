"""The verb `replay`: dead letters back in, each once."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.broker import JsonOption, on_broker, told_of
from pipeline.cli.configured import loaded
from pipeline.cli.exits import ExitCode, stop
from pipeline.cli.instants import SinceOption, UntilOption, instant_ms
from pipeline.config import DEFAULT_FILE

if TYPE_CHECKING:
    from pipeline.adapters.replay_run import ReplayRun
    from pipeline.core.replay_selection import Wanted

_SEVERAL = "Several times for several."


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("replay", epilog="Example: kameleoon-pipeline replay --reason mapping_failed --since 2h")(
        replay
    )


def _reason_codes(incomplete: str) -> list[str]:
    """For the shell: the reasons of what is on the dead-letter topic."""
    from pipeline.core.audit_record import OutcomeKind
    from pipeline.core.reasons import REASONS

    undelivered = (OutcomeKind.REJECTED, OutcomeKind.FAILED, OutcomeKind.EXPIRED)
    known = (str(code) for code, entry in REASONS.items() if entry.outcome in undelivered)
    return [code for code in known if code.startswith(incomplete)]


def replay(
    config: Annotated[Path, typer.Option("--config", help="The configuration.")] = Path(DEFAULT_FILE),
    reasons: Annotated[
        list[str] | None,
        typer.Option(
            "--reason",
            help=f"Only what ended with this reason code. {_SEVERAL}",
            autocompletion=_reason_codes,
        ),
    ] = None,
    mappings: Annotated[
        list[str] | None, typer.Option("--mapping", help=f"Only what failed under this mapping. {_SEVERAL}")
    ] = None,
    message_ids: Annotated[
        list[str] | None, typer.Option("--message-id", help=f"Only the event of this messageId. {_SEVERAL}")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    execute: Annotated[
        bool, typer.Option("--execute", help="Do it. Without this it is only shown what would be done.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Put dead letters of this pipeline back: its workers deliver them again, under the mapping that failed.

    --since and --until go by the time of the failure. What was put back before is
    left alone, so running it twice sends once.
    Exit code 1 when an original is gone, or when another `replay` of this
    pipeline has taken over meanwhile.
    """
    from pipeline.adapters.clock import SystemClock
    from pipeline.adapters.replay_run import ReplayRun
    from pipeline.cli import replay_report
    from pipeline.cli.names import nothing_of

    clock = SystemClock()
    wanted = _wanted(reasons, mappings, message_ids, (since, until), clock.now_ms())
    found = loaded(config)
    with ExitStack() as stack:
        run = ReplayRun(found.kafka, wanted, clock, _progress(stack))
        try:
            on_broker(_run(run, execute=execute), told_of(config))
        except KeyboardInterrupt:
            if execute:
                print(f"interrupted: {_so_far(run)}; once more for the rest", file=sys.stderr)
            raise
    show = replay_report.print_json if as_json else replay_report.print_text
    show(run.report, found, execute=execute)
    for mapping in sorted(wanted.mappings - run.report.mappings):
        print(nothing_of("--mapping", mapping, run.report.mappings), file=sys.stderr)
    if run.report.gone:
        raise typer.Exit(ExitCode.FOUND)


async def _run(run: "ReplayRun", *, execute: bool) -> None:
    from pipeline.adapters.replay_writer import ReplayFencedError, ReplayTooLargeError

    try:
        await run.run(execute=execute)
    except ReplayFencedError as error:
        stop(
            ExitCode.FOUND,
            f"{error}: {_so_far(run)}, the rest is its",
        )
    except ReplayTooLargeError as error:
        stop(ExitCode.USAGE, f"{error}; {_so_far(run)}")


def _so_far(run: "ReplayRun") -> str:
    return f"{run.report.put_back:,} dead letters were put back before that"


def _wanted(
    reasons: list[str] | None,
    mappings: list[str] | None,
    message_ids: list[str] | None,
    times: tuple[str | None, str | None],
    now_ms: int,
) -> "Wanted":
    from pipeline.core.outcome import Reason
    from pipeline.core.replay_selection import Wanted
    from pipeline.core.utc import utc_text

    for reason in reasons or ():
        if reason not in set(Reason):
            stop(
                ExitCode.USAGE, f"--reason {reason}: there is no such reason code; docs/reasons.md lists them"
            )
    since, until = (
        None if (instant := instant_ms(option, text, now_ms)) is None else utc_text(instant)
        for option, text in zip(("--since", "--until"), times, strict=True)
    )
    return Wanted(
        frozenset(reasons or ()), frozenset(mappings or ()), frozenset(message_ids or ()), since, until
    )


def _progress(stack: ExitStack) -> Callable[[str, int, int], None]:
    """Bars on standard error where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        return lambda _what, _done, _total: None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = stack.enter_context(Progress(*columns, console=console, transient=True))
    tasks = {what: bar.add_task(what, total=None, visible=False) for what in ("reading", "putting back")}
    return lambda what, done, total: bar.update(tasks[what], completed=done, total=total, visible=True)
