"""Logs on standard error: one line an occurrence, JSON for machines or text for people."""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, Final

import structlog

from pipeline.core.bug_report import kind_of, places_of

_CHATTY: Final = ("faust", "mode")
"""What ends the process, the worker says itself."""

_QUOTES_ARGUMENTS: Final = "asyncio"


def set_up_logs(*, as_json: bool, worker: int | None = None) -> None:
    """Send our log lines, and the warnings of libraries, to standard error in one form.

    `worker` is the number of this process among those of its parent: every line has it.
    """
    steps: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if worker is not None:
        steps.append(_naming(worker))
    last = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*steps, without_contents, last],
        logger_factory=lambda *_: _Logger(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=steps,
            processors=[
                without_contents,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                last,
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.CRITICAL)


class _Logger(structlog.WriteLogger):
    """Writes a line in one piece, as processes may share the stream, and drops what cannot be written.

    A full disk, or a reader that has gone, must not end a delivery.
    """

    def msg(self, message: str) -> None:
        """Write one line."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def _naming(worker: int) -> structlog.typing.Processor:
    def name(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["worker"] = worker
        return line

    return name


def without_contents(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Tell of an error its kind and places: its text, and a trace with local values, may quote an event.

    The loop's own lines begin with what happened; what they add are arguments and results.
    """
    record = line.get("_record")
    if isinstance(record, logging.LogRecord) and record.name == _QUOTES_ARGUMENTS:
        line["event"] = str(line["event"]).partition("\n")[0].partition("(")[0]
    error = _error_of(line.pop("exc_info", None))
    line.pop("stack_info", None)
    if error is not None:
        line["error"] = kind_of(error)
        line["where"] = places_of(error)
    return line


def _error_of(exc_info: Any) -> BaseException | None:
    if exc_info is True:
        return sys.exc_info()[1]
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    return error if isinstance(error, BaseException) else None
