"""`run --workers N`: the parent of several workers on one machine."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.exits import ExitCode, stop

if TYPE_CHECKING:
    from pipeline.config.model import Config

RELEASE_BRAKE = "--release-brake"


def check_workers(config: "Config", workers: int) -> None:
    """End the command where so many workers cannot share this configuration."""
    from pipeline.config.files import why_unreadable
    from pipeline.config.workers import highest_port_problem

    if why_unreadable(Path(config.file)) is not None:
        stop(ExitCode.USAGE, f"--config {config.file}: each worker reads it: write a regular file")
    problem = highest_port_problem(config.admin, workers)
    if problem is not None:
        stop(ExitCode.USAGE, problem)


async def warn_of_idle(config: "Config", workers: int) -> None:
    """Say so where there are more workers than partitions."""
    import structlog

    from pipeline.adapters.kafka_admin import open_admin

    async with open_admin(config.kafka) as admin:
        partitions = await admin.partitions(config.kafka.topics.events)
    if workers > partitions:
        structlog.get_logger("pipeline.run").warning(
            "more workers than partitions: some stand by", workers=workers, partitions=partitions
        )


def supervise(config: "Config", workers: int, log_format: str | None, *, releases_brake: bool) -> int:
    """Run the workers until told to stop; the exit code."""
    from pipeline.adapters.clock import SystemClock
    from pipeline.adapters.worker_crew import STOP_MARGIN_S, WorkerCrew

    def command(number: int, is_first: bool) -> Sequence[str]:
        return worker_command(config.file, number, log_format, releases_brake=releases_brake and is_first)

    crew = WorkerCrew(command, workers, SystemClock(), stop_within_s=config.delivery.drain_s + STOP_MARGIN_S)
    return asyncio.run(crew.run())


def worker_command(file: str, number: int, log_format: str | None, *, releases_brake: bool) -> list[str]:
    """The program that this process is, told to be worker `number`.

    A worker that is started again releases no brake: it may have been put on meanwhile.
    """
    program = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]
    words = [sys.executable, *program, "run", "--config", file, "--worker", str(number)]
    if log_format is not None:
        words += ["--log-format", log_format]
    if releases_brake:
        words.append(RELEASE_BRAKE)
    return words
