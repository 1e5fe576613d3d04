"""The verb `tap`: events as they pass a stage of running workers."""

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from pipeline.cli.broker import ConfigOption
from pipeline.cli.exits import ExitCode, stop
from pipeline.cli.worker_urls import UrlOption, WorkersOption, worker_urls

if TYPE_CHECKING:
    from pipeline.core.tap.question import Question

Word = TypeVar("Word", bound=StrEnum)

_SEVERAL: Final = "Several times for several."
_PER_SECOND: Final = 10
_MOST_PER_SECOND: Final = 1000


def _stages(incomplete: str) -> list[str]:
    """For the shell."""
    from pipeline.core.outcome import Stage

    return [stage for stage in Stage if stage.startswith(incomplete)]


def _outcomes(incomplete: str) -> list[str]:
    """For the shell."""
    from pipeline.core.audit_record import OutcomeKind

    return [kind for kind in OutcomeKind if kind.startswith(incomplete)]


StageArgument = Annotated[
    str,
    typer.Argument(
        metavar="STAGE",
        help="source, decode, trigger, map, validate, batch, deliver or audit.",
        autocompletion=_stages,
    ),
]
EventOption = Annotated[
    list[str] | None, typer.Option("--event", help=f"Only events of this name. {_SEVERAL}")
]
MappingOption = Annotated[
    list[str] | None, typer.Option("--mapping", help=f"Only under this mapping. {_SEVERAL}")
]
MessageIdOption = Annotated[
    list[str] | None, typer.Option("--message-id", help=f"Only the event of this messageId. {_SEVERAL}")
]
OutcomeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--outcome",
        help=f"Only what ends at the stage with this outcome. {_SEVERAL}",
        autocompletion=_outcomes,
    ),
]
EveryOption = Annotated[
    int,
    typer.Option("--every", min=1, max=1_000_000_000, metavar="N", help="Of these, only each so many-th."),
]
PerSecondOption = Annotated[
    int,
    typer.Option(
        "--per-second",
        min=1,
        max=_MOST_PER_SECOND,
        metavar="N",
        help="At most so many in a second, of each worker.",
    ),
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="End after so many events.", show_default="none")
]
ValuesOption = Annotated[
    bool,
    typer.Option("--values", help="Show what events hold in place of its kind: personal data, perhaps."),
]
LinesOption = Annotated[bool, typer.Option("--json", help="Print each event as one line of JSON.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("tap", epilog="Example: kameleoon-pipeline tap validate --outcome rejected --limit 5")(tap)


def tap(
    stage: StageArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    workers: WorkersOption = None,
    events: EventOption = None,
    mappings: MappingOption = None,
    message_ids: MessageIdOption = None,
    outcomes: OutcomeOption = None,
    every: EveryOption = 1,
    per_second: PerSecondOption = _PER_SECOND,
    limit: LimitOption = None,
    values: ValuesOption = False,
    as_json: LinesOption = False,
) -> None:
    """Show events as they pass a stage of running workers, until Ctrl-C.

    Asks the workers of this user on this machine, and no broker. Of values only
    the kind is shown. Events that there was no room for are counted on standard
    error; delivery waits for nobody. Exit code 2 if a worker may not be asked, 3
    if none answers (any more).
    """
    from pipeline.cli.tap_view import watch
    from pipeline.core.audit_record import OutcomeKind
    from pipeline.core.outcome import Stage
    from pipeline.core.tap.question import Question

    question = Question(
        stage=_known("stage", stage, Stage),
        event_names=frozenset(events or ()),
        mappings=frozenset(mappings or ()),
        message_ids=frozenset(message_ids or ()),
        outcomes=frozenset(_known("outcome", each, OutcomeKind) for each in outcomes or ()),
        every=every,
        per_second=per_second,
        with_values=values,
    )
    _check(question)
    urls = worker_urls(url, config, workers)
    try:
        code = asyncio.run(watch(urls, question, limit=limit, as_json=as_json))
    except KeyboardInterrupt:
        raise typer.Exit from None  # the regular end
    raise typer.Exit(code)


def _known(what: str, text: str, known: type[Word]) -> Word:
    words: Iterable[Word] = known
    found = next((word for word in words if word == text), None)
    if found is None:
        stop(ExitCode.USAGE, f"{text}: there is no such {what}; there is {', '.join(known)}")
    return found


def _check(question: "Question") -> None:
    """End the command where no event can ever be shown."""
    from pipeline.core.tap.question import problem_of

    problem = problem_of(question)
    if problem is not None:
        stop(ExitCode.USAGE, problem)
