"""Spans on their way to a collector: in a thread of their own, bounded in number, and never in the way.

What a collector does not take in time is lost, and said so at most once a minute.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from pipeline.core.published_text import cut
from pipeline.engine.once_a_minute import OnceAMinute
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.tracing")

MOST_WAITING: Final = 4096
"""Spans that have ended and are not handed over."""

_BEGIN_NONE_ABOVE: Final = MOST_WAITING // 2
_CLOSE_S: Final = 3.0


class SpanExport(BatchSpanProcessor):
    """Hands ended spans over to an exporter, in batches."""

    def __init__(self, exporter: SpanExporter, clock: Clock) -> None:
        self._watched = _Watched(exporter, clock)
        self._clock = clock
        self._taken = 0
        self._left_out = OnceAMinute()
        super().__init__(self._watched, max_queue_size=MOST_WAITING, max_export_batch_size=256)

    @property
    def waiting(self) -> int:
        """How many spans are not handed over yet."""
        return self._taken - self._watched.seen

    def has_room(self) -> bool:
        """Whether a journey may begin: else it is left out as a whole."""
        if self.waiting < _BEGIN_NONE_ABOVE:
            return True
        self._leave_out()
        return False

    def on_end(self, span: ReadableSpan) -> None:
        """Keep an ended span until it is handed over; called by the span."""
        if self.waiting >= MOST_WAITING:
            self._leave_out()
            return
        self._taken += 1
        super().on_end(span)

    async def close(self) -> None:
        """Hand over what waits; a collector that does not answer is not waited for."""
        loop, is_closed = asyncio.get_running_loop(), asyncio.Event()

        def close() -> None:
            self.shutdown()  # type: ignore[no-untyped-call]  # the library has no type for it
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                loop.call_soon_threadsafe(is_closed.set)

        threading.Thread(target=close, name="closing traces", daemon=True).start()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await is_closed.wait()
        except TimeoutError:
            self._watched.shutdown()

    def _leave_out(self) -> None:
        if count := self._left_out.due(self._clock.monotonic_s()):
            log.warning("more is traced than the collector takes: some is left out", left_out=count)


class _Watched(SpanExporter):
    """Counts what another exporter was given, and tells when it fails. All but `seen` is its thread's own."""

    def __init__(self, exporter: SpanExporter, clock: Clock) -> None:
        self._exporter = exporter
        self._clock = clock
        self._failures = OnceAMinute()
        self._lost = 0
        self._complaint = _Complaint()
        self.seen = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand a batch over."""
        result = SpanExportResult.FAILURE
        self._complaint.text = ""
        try:
            result = self._exporter.export(spans)
        finally:
            self.seen += len(spans)
            self._tell(result, len(spans))
        return result

    def shutdown(self) -> None:
        """Try nothing again that is under way."""
        self._exporter.shutdown()

    def _tell(self, result: SpanExportResult, spans: int) -> None:
        if result is SpanExportResult.SUCCESS:
            if self._lost:
                log.info("the collector takes traces again", spans_lost=self._lost)
            self._lost = 0
            return
        self._lost += spans
        if self._failures.due(self._clock.monotonic_s()):
            detail = self._complaint.text
            log.warning("the collector does not take traces", detail=detail, spans_lost=self._lost)


class _Complaint(logging.Handler):
    """Keeps what the exporter complains of first, in place of the library's log lines.

    Those have no end while a collector is away, and others of them quote what senders wrote.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""
        library = logging.getLogger("opentelemetry")
        library.setLevel(logging.WARNING)
        library.propagate = False
        library.handlers = [self]

    def emit(self, record: logging.LogRecord) -> None:
        """Called by the library."""
        if not self.text and record.name.startswith("opentelemetry.exporter."):
            self.text = cut(record.getMessage())
