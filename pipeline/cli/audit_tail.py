"""How `audit tail` looks: a live table on a terminal, one line a record elsewhere."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pipeline.adapters.audit_reader import AuditReader, open_audit
from pipeline.cli.console import printable
from pipeline.cli.names import nothing_of
from pipeline.config.kafka import Kafka
from pipeline.core.audit import AuditRecord, decode_audit, encode
from pipeline.core.audit_view import Fences
from pipeline.core.delivery_view.history import key_of
from pipeline.core.reconcile.accounts import AuditValue

_COLUMNS: Final = ("decided at", "outcome", "reason", "event", "mapping", "source", "status", "ms", "detail")
_NARROW_COLUMNS: Final = _COLUMNS[:6]
_TIME_OF_DAY: Final = slice(11, 23)
_ROOMY: Final = 140
_STYLES: Final = {"delivered": "green", "filtered": "dim", "rejected": "yellow", "failed": "red"}
_FRAME_LINES: Final = 4
_WIDEST_CELL: Final = 36
_MOST_PIPELINES: Final = 100
_MOST_OF_ONE_EVENT: Final = 10_000
"""A messageId such as `undefined` may be that of every event."""


class Screen(Protocol):
    """Where records are shown."""

    def show(self, records: Iterable[AuditRecord]) -> None:
        """Show some more, in the order in which they were decided."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which records: of one pipeline, of one event (None: of all), the last ones (None: all there are)."""

    pipeline: str | None
    message_id: str | None
    last: int | None
    follow: bool


async def show(kafka: Kafka, asked: Asked, *, as_json: bool) -> None:
    """Show the records that there are, then what comes if it is to follow."""
    picker = _Picker(asked)
    async with open_audit(kafka) as reader:
        await reader.seek(asked.last if asked.message_id is None else None)
        with _screen(as_json=as_json, live=asked.follow) as screen:
            await _show_present(reader, picker, screen, asked)
            for sentence in picker.not_found():
                print(sentence, file=sys.stderr)
            if asked.follow:
                async for records in reader.onwards():
                    screen.show(picker.pick(records))


async def _show_present(reader: AuditReader, picker: "_Picker", screen: Screen, asked: Asked) -> None:
    """All as they are read, or the last ones of all partitions together, by the time of their decision.

    One event's replays stand on other partitions: its records are put in order too.
    """
    last = _MOST_OF_ONE_EVENT if asked.last is None and asked.message_id is not None else asked.last
    newest: list[AuditRecord] = []
    async for records in reader.to_end():
        if last is None:
            screen.show(picker.pick(records))
        else:
            newest = _newest([*newest, *picker.pick(records)], last)
    screen.show(newest)


def _newest(records: list[AuditRecord], count: int) -> list[AuditRecord]:
    by_time = sorted(records, key=lambda record: record.decided_at)
    return by_time[len(by_time) - count :] if count < len(by_time) else by_time


class _Picker:
    """Takes the outcomes that hold, and were asked for, from the records of the topic."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._pipelines: set[str] = set()
        self._has_picked = False
        self._fences = Fences()

    def pick(self, records: Iterable[AuditValue]) -> list[AuditRecord]:
        entries = [entry for entry in (decode_audit(record.value) for record in records) if entry is not None]
        if len(self._pipelines) < _MOST_PIPELINES:
            self._pipelines.update(entry.pipeline for entry in entries)
        holding = [entry for entry in entries if self._fences.admits(entry)]
        picked = [entry for entry in holding if isinstance(entry, AuditRecord) and self._is_asked_for(entry)]
        self._has_picked = self._has_picked or bool(picked)
        return picked

    def _is_asked_for(self, entry: AuditRecord) -> bool:
        asked = self._asked
        return asked.pipeline in (None, entry.pipeline) and asked.message_id in (None, key_of(entry))

    def not_found(self) -> Iterator[str]:
        """A sentence for each name that was asked for and that no record told of."""
        pipeline, message_id = self._asked.pipeline, self._asked.message_id
        if pipeline is not None and pipeline not in self._pipelines:
            yield nothing_of("--pipeline", pipeline, self._pipelines)
        elif message_id is not None and not self._has_picked:
            yield nothing_of("--message-id", message_id, ())


@contextmanager
def _screen(*, as_json: bool, live: bool) -> Iterator[Screen]:
    console = Console(highlight=False)
    if as_json:
        yield _JsonLines()
    elif not console.is_terminal:
        yield _PlainLines()
    elif live:
        with Live(console=console, auto_refresh=False) as display:
            yield _LiveTable(display)
    else:
        yield _OneTable(console)


class _JsonLines:
    def show(self, records: Iterable[AuditRecord]) -> None:
        for record in records:
            sys.stdout.write(encode(record).decode() + "\n")
        sys.stdout.flush()


class _PlainLines:
    """Tab-separated, for pipes."""

    def __init__(self) -> None:
        sys.stdout.write("\t".join(_COLUMNS) + "\n")

    def show(self, records: Iterable[AuditRecord]) -> None:
        for record in records:
            sys.stdout.write("\t".join(map(printable, _cells(record))) + "\n")
        sys.stdout.flush()


class _OneTable:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._is_first = True

    def show(self, records: Iterable[AuditRecord]) -> None:
        self._console.print(_table(records, self._console.width, show_header=self._is_first))
        self._is_first = False


class _LiveTable:
    """The newest records that the terminal has room for."""

    def __init__(self, display: Live) -> None:
        self._display = display
        self._newest: deque[AuditRecord] = deque(maxlen=500)

    def show(self, records: Iterable[AuditRecord]) -> None:
        self._newest.extend(records)
        console = self._display.console
        shown = list(self._newest)[-max(1, console.height - _FRAME_LINES) :]
        self._display.update(_table(shown, console.width), refresh=True)


def _table(records: Iterable[AuditRecord], width: int, *, show_header: bool = True) -> Table:
    """On a narrow terminal the date and the last columns are left out."""
    columns = _COLUMNS if width >= _ROOMY else _NARROW_COLUMNS
    table = Table(box=None, pad_edge=False, show_header=show_header, expand=True)
    for column in columns:
        # the detail has what room the others leave
        ratio = 1 if column == "detail" else None
        table.add_column(column, no_wrap=True, overflow="ellipsis", max_width=_WIDEST_CELL, ratio=ratio)
    for record in records:
        cells = [Text(printable(cell)) for cell in _cells(record)]
        if columns is _NARROW_COLUMNS:
            cells = [cells[0][_TIME_OF_DAY], *cells[1 : len(columns)]]
        table.add_row(*cells, style=_STYLES.get(record.outcome, ""))
    return table


def _cells(record: AuditRecord) -> tuple[str, ...]:
    http = record.http
    part = f" {record.part}/{record.parts}" if record.parts > 1 else ""
    return (
        record.decided_at,
        record.outcome + (" ?" if record.possible_duplicate else ""),
        record.reason,
        record.event_name or record.type or "",
        (record.mapping or "") + part,
        _source(record),
        "" if http is None or http.status is None else str(http.status),
        "" if http is None else f"{http.latency_ms:.0f}",
        record.detail,
    )


def _source(record: AuditRecord) -> str:
    """Where it was read; of a replay, where the event first stood as well."""
    places = (record.source, record.replay_of)
    return " of ".join(f"{at.topic}-{at.partition}@{at.offset}" for at in places if at is not None)
