"""The verb `produce`: events from JSON lines onto the events topic."""

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.broker import ConfigOption, JsonOption, ServersOption, on_broker, target
from pipeline.cli.exits import ExitCode, standard_input, stop

if TYPE_CHECKING:
    from typing import BinaryIO

    from pipeline.adapters.event_producer import Produced

CHUNK_BYTES = 256 * 1024


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("produce", epilog="Example: kameleoon-pipeline produce --config my.yaml events.jsonl")(
        produce
    )


def produce(
    file: Annotated[str, typer.Argument(help="JSON lines; - reads standard input.", metavar="FILE|-")],
    config: ConfigOption = None,
    bootstrap_servers: ServersOption = None,
    topic: Annotated[
        str | None, typer.Option("--topic", help="Another topic than the configuration's events topic.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put each line, byte for byte, on the events topic, keyed by its visitor.

    The key is kameleoonVisitorCode, else userId, else anonymousId. A line that
    is not JSON is put there as well, without a key; empty lines are left out.
    Exit code 1 if the broker refused a line.
    """
    from pipeline.adapters import event_producer

    where = target(config, bootstrap_servers)
    name = topic or where.kafka.topics.events
    said, longest = event_producer.Produced(), event_producer.longest_line_bytes(where.kafka)
    with ExitStack() as stack:
        source = _open(file, stack)
        show = _progress(file, stack)
        try:
            events = lines(source, longest)
            on_broker(event_producer.produce(where.kafka, name, events, said, show), where.told)
        except KeyboardInterrupt:
            print(f"interrupted: {_in_words(said, name)}", file=sys.stderr)
            raise
        except typer.Exit:
            if said.lines:
                print(f"before that: {_in_words(said, name)}", file=sys.stderr)
            raise
    print(json.dumps(_as_json(said, name)) if as_json else _in_words(said, name))
    for number, why in () if as_json else said.refusals:
        print(f"line {number}: {why}", file=sys.stderr)
    if said.refused:
        raise typer.Exit(ExitCode.FOUND)


def _open(file: str, stack: ExitStack) -> "BinaryIO":
    if file == "-":
        return standard_input()
    try:
        return stack.enter_context(Path(file).open("rb"))
    except OSError as error:
        stop(ExitCode.USAGE, f"{file}: {(error.strerror or str(error)).lower()}")


async def lines(source: "BinaryIO", longest_bytes: int) -> AsyncIterator[list[bytes]]:
    r"""The lines that have arrived, chunk by chunk; `\n` alone ends one, whatever else a text holds.

    One that is longer than `longest_bytes` is cut some bytes behind that: it may have no end.
    """
    begun = bytearray()
    while chunk := await _chunk(source):
        first, *others = chunk.split(b"\n")
        if len(begun) <= longest_bytes:
            begun += first
        if others:
            ended = [bytes(begun), *others[:-1]]
            begun = bytearray(others[-1])
            yield ended
    if begun:
        yield [bytes(begun)]


async def _chunk(source: "BinaryIO") -> bytes:
    """The next bytes. No thread waits for them: nothing could end it while nobody writes."""
    import asyncio

    loop, arrived = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(source, arrived.set)
    except PermissionError:  # a file of a disk, which is always ready
        return await asyncio.to_thread(_read, source)
    try:
        await arrived.wait()
    finally:
        loop.remove_reader(source)
    return _read(source)


def _read(source: "BinaryIO") -> bytes:
    """What is there now: a slow writer on a pipe is not waited for longer than for its next bytes."""
    try:
        return bytes(source.read1(CHUNK_BYTES))  # type: ignore[attr-defined]  # both kinds of source are buffered readers
    except OSError as error:
        stop(ExitCode.USAGE, f"cannot read on: {(error.strerror or str(error)).lower()}")


def _progress(file: str, stack: ExitStack) -> Callable[[int], None]:
    """A bar on standard error where that is a terminal; a count of bytes where the end is not known."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        return lambda _size: None
    columns = (TextColumn("producing"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bar = stack.enter_context(Progress(*columns, console=console, transient=True))
    task = bar.add_task("", total=None if file == "-" else Path(file).stat().st_size or None)
    return lambda size: bar.advance(task, size)


def _as_json(said: "Produced", topic: str) -> dict[str, object]:
    return {
        "topic": topic,
        "produced": said.acknowledged,
        "without_key": said.without_key,
        "empty_lines": said.empty,
        "refused": said.refused,
    }


def _in_words(said: "Produced", topic: str) -> str:
    asides = (
        (said.without_key, "without a key"),
        (said.empty, "empty lines left out"),
        (said.refused, "refused"),
    )
    told = "".join(f", {count:,} {what}" for count, what in asides if count)
    return f"{said.acknowledged:,} events on {topic}{told}"
