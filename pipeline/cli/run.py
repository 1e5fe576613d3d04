"""The verb `run`: the pipeline, until it is told to stop."""

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.configured import loaded
from pipeline.cli.exits import ExitCode, stop
from pipeline.config import DEFAULT_FILE

if TYPE_CHECKING:
    from pipeline.config.model import Config
    from pipeline.core.topic_texts import TopicProblem


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("run", epilog="Example: kameleoon-pipeline run --config my.yaml --log-format text")(run)


def run(
    config: Annotated[Path, typer.Option("--config", help="The configuration.")] = Path(DEFAULT_FILE),
    log_format: Annotated[
        str | None,
        typer.Option("--log-format", help="json, or text for people; default: text on a terminal."),
    ] = None,
    release_brake: Annotated[
        bool,
        typer.Option("--release-brake", help="Go on although the brake was on: its cause is mended."),
    ] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="So many processes, which share the partitions.")
    ] = 1,
    worker: Annotated[
        int | None, typer.Option("--worker", min=0, hidden=True, help="Which of a parent's workers this is.")
    ] = None,
) -> None:
    """Read the events topic, deliver to Kameleoon, audit every outcome. SIGTERM ends it in order.

    SIGHUP reads the configuration again and takes over its API key and sitecode.

    With --workers both signals reach every worker. Worker i, from 0, shows its
    pages at the port of admin.listen + i.
    """
    from pipeline.adapters.leash import end_with_parent
    from pipeline.cli.broker import on_broker, told_of
    from pipeline.cli.logs import set_up_logs
    from pipeline.cli.run_workers import check_workers, supervise, warn_of_idle

    if log_format not in (None, "json", "text"):
        stop(ExitCode.USAGE, f"--log-format {log_format}: write json or text")
    found = loaded(config)
    as_json = log_format == "json" or (log_format is None and not sys.stderr.isatty())
    set_up_logs(as_json=as_json, worker=worker)
    _set_first_signals()
    if worker is not None:
        end_with_parent()
    elif workers > 1:
        check_workers(found, workers)
    _check_tracing(found)
    try:
        on_broker(_prepare(found, told_of(config)), told_of(config))
        if workers > 1:
            on_broker(warn_of_idle(found, workers), told_of(config))
            code = supervise(found, workers, log_format, releases_brake=release_brake)
        else:
            code = _work(found, releases_brake=release_brake, number=worker)
    except KeyboardInterrupt:  # before the app, which ends in order by itself, so there is nothing to finish
        code = ExitCode.FINE
    raise typer.Exit(code)


def _check_tracing(config: "Config") -> None:
    from pipeline.config.tracing import INSTALL, MISSING, is_installed

    if config.tracing.is_on and not is_installed():
        stop(ExitCode.USAGE, f"{config.file}: tracing.endpoint {MISSING}: {INSTALL}")


def _set_first_signals() -> None:
    """Signals until there is an app, or a parent of workers, which set their own."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the configuration has just been read
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # a parent holds it back until here
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background a shell has it ignored
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> None:
    """As Ctrl-C: the loop lets go what it waits for."""
    signal.raise_signal(signal.SIGINT)


async def _prepare(config: "Config", told: str) -> None:
    """What must hold before anything is read: the topics, and where a new group starts."""
    from pipeline.adapters.group_start import start_group
    from pipeline.engine.opening import StartRefusedError
    from pipeline.ports import LogUnavailable

    problems = await _topic_problems(config, told)
    if problems:
        stop(ExitCode.USAGE, *(str(problem) for problem in problems))
    try:
        await start_group(config.kafka)
    except StartRefusedError as error:
        stop(ExitCode.USAGE, str(error))
    except LogUnavailable as error:
        stop(ExitCode.UNREACHABLE, str(error))


async def _topic_problems(config: "Config", told: str) -> tuple["TopicProblem", ...]:
    import structlog

    from pipeline.adapters.kafka_admin import verify_topics
    from pipeline.adapters.kafka_errors import BrokerLacksError

    try:
        return await verify_topics(config.kafka, told)
    except BrokerLacksError:
        structlog.get_logger("pipeline.run").warning(
            "the broker does not tell the settings of topics: only their partitions were compared"
        )
        return await verify_topics(config.kafka, told, with_settings=False)


def _work(config: "Config", *, releases_brake: bool, number: int | None) -> int:
    import asyncio

    import uvloop

    from pipeline.app import run_app
    from pipeline.bootstrap import build_app

    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    app, worker = build_app(config, releases_brake=releases_brake, number=number)
    return run_app(app, worker, loop)
