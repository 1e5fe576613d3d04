"""W3C trace context: how a trace goes on from one process to the next, as the values of two headers."""

from typing import Final

from pipeline.core.record import Headers
from pipeline.core.value import value_class

TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"

_LONGEST: Final = 512
"""Bytes of either header that are looked at: a request is never refused for what a sender wrote here."""


@value_class
class TraceContext:
    """What a request or a record carries of a trace: printable ASCII; `tracestate` may be empty."""

    traceparent: str
    tracestate: str = ""

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers to send, by name."""
        told = ((TRACEPARENT, self.traceparent), (TRACESTATE, self.tracestate))
        return tuple((name, value) for name, value in told if value)


def carried(headers: Headers) -> dict[str, str]:
    """What a record's headers say of a trace, not yet judged; nothing without a traceparent.

    Of repeated headers the last one counts. What is not ASCII, or longer than a trace context is,
    counts as not there.
    """
    found: dict[str, str] = {}
    for name, value in headers:
        if name in (TRACEPARENT, TRACESTATE):
            is_sound = value is not None and len(value) <= _LONGEST and value.isascii()
            found[name] = value.decode() if value is not None and is_sound else ""
    return found if found.get(TRACEPARENT) else {}


def with_trace(headers: Headers, context: TraceContext) -> Headers:
    """The headers with this context in the place of another; it comes first."""
    kept = tuple(header for header in headers if header[0] not in (TRACEPARENT, TRACESTATE))
    return tuple((name, value.encode()) for name, value in context.headers()) + kept
