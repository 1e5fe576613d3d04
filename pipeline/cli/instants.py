"""Times as options take them: an instant, or so long ago; the same for every verb."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.exits import ExitCode, stop

SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="TIME", help="Only from this time on: 2026-11-22T08:00Z, or 2h for 2h ago."
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Only before this time, written the same way."),
]


def instant_ms(option: str, text: str | None, now_ms: int) -> int | None:
    """Unix milliseconds, never below 0, which brokers take for a word; None for an option not given.

    An instant is RFC 3339, in UTC unless it says otherwise; its end may be left out. Ends the command where
    the text is neither that nor a duration.
    """
    if text is None:
        return None
    instant = _instant_ms(text)
    if instant is None:
        instant = _so_long_ago_ms(text, now_ms)
    if instant is None:
        stop(
            ExitCode.USAGE,
            f"{option} {text}: write an instant, as 2026-11-22T08:00Z, or how long ago, as 90m, 2h or 3d",
        )
    return max(0, instant)


def _instant_ms(text: str) -> int | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _so_long_ago_ms(text: str, now_ms: int) -> int | None:
    from pydantic import TypeAdapter, ValidationError

    from pipeline.config.values import Duration

    try:
        ago_s: float = TypeAdapter(Duration).validate_python(text.removesuffix("ago").strip())
    except ValidationError:
        return None
    return now_ms - round(min(ago_s * 1000, now_ms))
