"""The verb `reconcile`: whether every record of the input is accounted for on the audit topic."""

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.broker import ConfigOption, JsonOption, ServersOption, on_broker, target
from pipeline.cli.exits import ExitCode, stop
from pipeline.cli.instants import SinceOption, UntilOption, instant_ms

if TYPE_CHECKING:
    from pipeline.config.kafka import Kafka

PipelineOption = Annotated[
    str | None,
    typer.Option("--pipeline", help="Whose books to close (its consumer group).", show_default="kafka.group"),
]
FromOption = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="PARTITION:OFFSET", help="Begin there, in this partition; repeatable."),
]
ToOption = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="PARTITION:OFFSET", help="End before this offset; repeatable."),
]
ToEndOption = Annotated[
    bool,
    typer.Option("--to-end", help="Judge all records there are, not only what the group has committed."),
]
PassOption = Annotated[
    int | None, typer.Option("--pass", help="This pass.", show_default="the newest of each partition")
]
ShowOption = Annotated[int, typer.Option("--show", min=0, help="Records to name of each kind and partition.")]
AllOption = Annotated[bool, typer.Option("--all", help="Name every record that is wrong.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("reconcile", epilog="Example: kameleoon-pipeline reconcile --since 2h")(reconcile)


def reconcile(
    config: ConfigOption = None,
    bootstrap_servers: ServersOption = None,
    pipeline: PipelineOption = None,
    from_: FromOption = None,
    to: ToOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    to_end: ToEndOption = False,
    pass_: PassOption = None,
    show: ShowOption = 10,
    show_all: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Hold the records of the input against their outcomes: tell what is missing, told twice, half told.

    --since and --until go by the time of the input's records.
    Exit code 0 when every record is accounted for, 1 when not.
    """
    from pipeline.adapters.clock import SystemClock
    from pipeline.adapters.reconciliation import reconcile as close_books
    from pipeline.cli.names import nothing_of
    from pipeline.cli.reconcile_report import print_json, print_report
    from pipeline.core.reconcile.asked import Asked

    where, now_ms = target(config, bootstrap_servers), SystemClock().now_ms()
    asked = Asked(
        pipeline=_group(where.kafka, pipeline),
        begin=_offsets("--from", from_),
        end=_offsets("--to", to),
        since_ms=instant_ms("--since", since, now_ms),
        until_ms=instant_ms("--until", until, now_ms),
        to_end=to_end,
        pass_=pass_,
        most_findings=_WITHOUT_BOUND if show_all else show,
    )
    found = on_broker(close_books(where.kafka, asked), where.told)
    if not found.has_commits and asked.pipeline not in found.pipelines:
        option = "--pipeline" if pipeline else "kafka.group"
        print(nothing_of(option, asked.pipeline, found.pipelines), file=sys.stderr)
    if not found.has_commits and not to_end:
        stop(
            ExitCode.USAGE,
            f"the group {asked.pipeline} has no commits: is it the right --pipeline?",
            "With --to-end all records are judged, committed or not.",
        )
    (print_json if as_json else print_report)(found)
    raise typer.Exit(ExitCode.FINE if found.is_clean else ExitCode.FOUND)


_WITHOUT_BOUND = 2**63
_PLACE = re.compile(r"([0-9]{1,18}):([0-9]{1,18})", re.ASCII)


def _group(kafka: "Kafka", told: str | None) -> str:
    group = told or kafka.group
    if group is None:
        stop(ExitCode.USAGE, "without a configuration, --pipeline must say whose books to close")
    return group


def _offsets(option: str, told: list[str] | None) -> dict[int, int]:
    offsets = {}
    for text in told or ():
        found = _PLACE.fullmatch(text)
        if found is None:
            stop(ExitCode.USAGE, f"{option} {text}: write PARTITION:OFFSET, such as 0:1500")
        offsets[int(found[1])] = int(found[2])
    return offsets
