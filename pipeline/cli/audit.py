"""The verb `audit`: what became of the events, record by record (`tail`) or in numbers (`summary`)."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.broker import ConfigOption, JsonOption, ServersOption, on_broker, target

if TYPE_CHECKING:
    from pipeline.config.kafka import Kafka
    from pipeline.core.audit_summary import AuditSummary

_LAST: Final = 20

PipelineOption = Annotated[
    str | None,
    typer.Option("--pipeline", help="Only this pipeline's records (its consumer group).", show_default="all"),
]
MessageIdOption = Annotated[
    str | None,
    typer.Option(
        "--message-id",
        help="What became of the event of this messageId, from its first record on. "
        "An event without one is topic-partition@offset, where it stood.",
    ),
]
LastOption = Annotated[
    int | None,
    typer.Option(
        "--last",
        "-n",
        min=0,
        help="Begin with so many records.",
        show_default=f"{_LAST}, with --message-id all",
    ),
]
FollowOption = Annotated[
    bool | None,
    typer.Option(
        "--follow/--no-follow",
        help="Go on with what comes, until interrupted.",
        show_default="follow, but not with --message-id",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    verbs = typer.Typer(no_args_is_help=True, help="Read what became of the events.")
    verbs.command("tail", epilog="Example: kameleoon-pipeline audit tail --last 50 --no-follow")(tail)
    verbs.command("summary", epilog="Example: kameleoon-pipeline audit summary --json")(summary)
    app.add_typer(verbs, name="audit")


def tail(
    config: ConfigOption = None,
    bootstrap_servers: ServersOption = None,
    pipeline: PipelineOption = None,
    message_id: MessageIdOption = None,
    last: LastOption = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Begin with the oldest record there is.")
    ] = False,
    follow: FollowOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each record as one line of JSON.")] = False,
) -> None:
    """Show the newest audit records and then what comes; a live table on a terminal.

    Records of workers that had lost their partition are left out, as far as their
    successor's marker is read.
    """
    from pipeline.cli.audit_tail import Asked, show

    where = target(config, bootstrap_servers)
    follow = message_id is None if follow is None else follow
    if last is None and message_id is None:
        last = _LAST
    asked = Asked(pipeline, message_id, None if from_beginning else last, follow)
    try:
        on_broker(show(where.kafka, asked, as_json=as_json), where.told)
    except KeyboardInterrupt:
        if not follow:
            raise
        raise typer.Exit from None  # the regular end


def summary(
    config: ConfigOption = None,
    bootstrap_servers: ServersOption = None,
    pipeline: PipelineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count all audit records there are now, by outcome and reason."""
    from pipeline.cli.audit_summary import as_object, print_tables
    from pipeline.cli.names import nothing_of

    where = target(config, bootstrap_servers)
    found = on_broker(_summarise(where.kafka, pipeline), where.told)
    if pipeline is not None and pipeline not in found.pipelines:
        print(nothing_of("--pipeline", pipeline, found.pipelines), file=sys.stderr)
    if as_json:
        print(json.dumps(as_object(found)))
    else:
        print_tables(found)


async def _summarise(kafka: "Kafka", pipeline: str | None) -> "AuditSummary":
    from pipeline.adapters.audit_reader import open_audit
    from pipeline.core.audit import decode_audit
    from pipeline.core.audit_summary import AuditSummary

    found = AuditSummary(pipeline)
    async with open_audit(kafka) as reader:
        await reader.seek(None)
        async for records in reader.to_end():
            for record in records:
                found.add(decode_audit(record.value))
    return found
