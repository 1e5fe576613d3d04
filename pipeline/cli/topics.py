"""The verb `topics`: the contract on the broker, compared (`plan`) and made true (`apply`)."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.broker import ConfigOption, JsonOption, ServersOption, Target, on_broker, target
from pipeline.cli.exits import ExitCode

if TYPE_CHECKING:
    from pipeline.core.topic_plan import Finding, TopicPlan

PartitionsOption = Annotated[
    int | None,
    typer.Option("--partitions", min=1, help="Partitions of the events topic, if it is still to create."),
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    verbs = typer.Typer(no_args_is_help=True, help="Compare the topics with their contract, create them.")
    verbs.command("plan", epilog="Example: kameleoon-pipeline topics plan --config my.yaml")(plan)
    verbs.command(
        "apply", epilog="Example: kameleoon-pipeline topics apply --config my.yaml --partitions 24"
    )(apply)
    app.add_typer(verbs, name="topics")


def plan(
    config: ConfigOption = None,
    bootstrap_servers: ServersOption = None,
    partitions: PartitionsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what `apply` would change on the broker. Exit code 1 if something would change or is amiss."""
    where = target(config, bootstrap_servers)
    found = on_broker(_plan(where, partitions), where.told)
    _print(found, where, as_json=as_json, title="would be")
    if not found.is_fulfilled:
        raise typer.Exit(ExitCode.FOUND)


def apply(
    config: ConfigOption = None,
    bootstrap_servers: ServersOption = None,
    partitions: PartitionsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create missing topics, extend the audit. Nothing is deleted, shrunk or reconfigured.

    Exit code 1 if a topic needs a hand that this command has not.
    """
    where = target(config, bootstrap_servers)
    found = on_broker(_apply(where, partitions), where.told)
    _print(found, where, as_json=as_json, title="was")
    if found.mismatches:
        raise typer.Exit(ExitCode.FOUND)


async def _plan(where: Target, partitions: int | None) -> "TopicPlan":
    from pipeline.adapters.kafka_admin import open_admin

    async with open_admin(where.kafka) as admin:
        return await admin.plan(partitions)


async def _apply(where: Target, partitions: int | None) -> "TopicPlan":
    from pipeline.adapters.kafka_admin import open_admin

    async with open_admin(where.kafka) as admin:
        return await admin.fulfil(partitions)


def _print(found: "TopicPlan", where: Target, *, as_json: bool, title: str) -> None:
    if as_json:
        print(json.dumps(_as_json(found)))
        return
    findings: tuple[Finding, ...] = (*found.changes, *found.mismatches, *found.drifts)
    if not findings:
        print("The topics are as the contract has them: nothing to do.")
        return
    _print_table(found, title)
    _print_mending(found, where)


def _as_json(found: "TopicPlan") -> dict[str, object]:
    from pipeline.core.topic_texts import as_json

    return {
        "fulfilled": found.is_fulfilled,
        "changes": [as_json(change) for change in found.changes],
        "mismatches": [as_json(mismatch) for mismatch in found.mismatches],
        "drifts": [as_json(drift) for drift in found.drifts],
    }


def _print_table(found: "TopicPlan", title: str) -> None:
    from rich.table import Table

    from pipeline.cli.console import wide_console
    from pipeline.core.topic_texts import row

    table = Table("topic", "finding", box=None, pad_edge=False)
    kinds = ((found.changes, title), (found.mismatches, "is amiss:"), (found.drifts, "differs:"))
    for findings, kind in kinds:
        for finding in findings:
            name, what = row(finding)
            table.add_row(name, f"{kind} {what}")
    wide_console().print(table)


def _print_mending(found: "TopicPlan", where: Target) -> None:
    from pipeline.core.topic_texts import mend

    servers = ",".join(where.kafka.bootstrap_servers)
    commands = [mend(mismatch, where.told, servers) for mismatch in found.mismatches]
    if commands:
        print("\nMend by hand, with Kafka's own tools:")
    for command in commands:
        print(f"  {command}")
