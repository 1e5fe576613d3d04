"""Traces by OpenTelemetry, to a collector that takes OTLP over HTTP (port: Tracer).

Of the optional extra `tracing`: imported only where a configuration asks for traces.
"""

import random
from collections.abc import Callable
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace import Tracer as SpanMaker
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from yarl import URL

from pipeline.adapters.span_export import SpanExport
from pipeline.config.model import Config
from pipeline.config.tracing import Tracing
from pipeline.core.audit_record import AuditRecord
from pipeline.core.exchange import Answer, Exchange
from pipeline.core.outcome import Decided
from pipeline.core.record import Record
from pipeline.core.trace import TRACEPARENT, TRACESTATE, TraceContext, carried
from pipeline.core.trace_attributes import (
    Attributes,
    answer_attributes,
    attempt_attributes,
    gravest,
    outcome_attributes,
    record_attributes,
    went_wrong,
)
from pipeline.ports import Clock, Journey

_EXPORT_S: Final = 5.0
_NS_IN_MS: Final = 1_000_000
_HEADERS: Final = TraceContextTextMapPropagator()


def tracer_of(config: Config, worker: str, clock: Clock) -> "OpenTelemetryTracer":
    """The tracer of a configuration that asks for one.

    Headers and certificates for the collector come from the variables OTEL_EXPORTER_OTLP_….
    """
    exporter = OTLPSpanExporter(endpoint=config.tracing.endpoint, timeout=_EXPORT_S)
    url = URL(config.delivery.endpoint)
    server: Attributes = {"server.address": url.host or "", "server.port": url.port or 0}
    return OpenTelemetryTracer(
        exporter, config.tracing, config.kafka.group, worker, server, clock, random.random
    )


class OpenTelemetryTracer:
    """Makes one span of each journey and one below it of each request; `server` is where these go.

    A traceparent of the record decides whether it is traced, else the sample ratio does, by `draw`,
    which gives numbers in [0, 1): that takes a fraction of the time of the library's sampler.
    """

    def __init__(
        self,
        exporter: SpanExporter,
        tracing: Tracing,
        group: str,
        worker: str,
        server: Attributes,
        clock: Clock,
        draw: Callable[[], float],
    ) -> None:
        self._ratio = tracing.sample_ratio
        self._draw = draw
        self._group = group
        self._server = server
        self._export = SpanExport(exporter, clock)
        provider = TracerProvider(
            sampler=ParentBased(ALWAYS_ON),
            resource=Resource.create({"service.name": tracing.service_name, "service.instance.id": worker}),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._export)
        self._spans = provider.get_tracer("kameleoon-pipeline")

    def begin(self, record: Record, decided: Decided, received_at_ms: int) -> Journey | None:
        """The journey of a record; None where it is not traced and carries no trace."""
        found = carried(record.headers) if record.headers else {}
        parent = _HEADERS.extract(found, Context()) if found else Context()
        context = _context(parent) if found else None
        if context is None and self._draw() >= self._ratio:
            return None
        if self._export.has_room():
            span = self._spans.start_span(
                f"process {record.topic}", parent, SpanKind.CONSUMER, start_time=received_at_ms * _NS_IN_MS
            )
            if span.is_recording():
                span.set_attributes(record_attributes(record, decided, self._group))
                span.add_event("decided", {"kameleoon.parts": len(decided.parts)})
                return _Traced(self._spans, span, self._server)
        return None if context is None else _PassedOn(context)

    async def close(self) -> None:
        """Hand over what is left, within seconds."""
        await self._export.close()


class _Traced:
    """A journey that becomes a span."""

    __slots__ = ("_outcomes", "_request", "_server", "_span", "_spans", "context")

    def __init__(self, spans: SpanMaker, span: Span, server: Attributes) -> None:
        self._spans = spans
        self._span = span
        self._server = server
        self._request: Span | None = None
        self._outcomes: list[AuditRecord] = []
        self.context = _context_of(span)

    def send(self, mapping: str, attempt: int, events: int) -> TraceContext:
        """A request is made: a span below the journey's own."""
        self._request = self._spans.start_span(
            "POST",
            set_span_in_context(self._span, Context()),
            SpanKind.CLIENT,
            {**attempt_attributes(mapping, attempt, events), **self._server},
        )
        return _context_of(self._request)

    def answer(self, exchange: Exchange, *, is_accepted: bool) -> None:
        """The request has ended."""
        span, self._request = self._request, None
        if span is None:
            return
        span.set_attributes(answer_attributes(exchange))
        if not is_accepted:
            why = None if isinstance(exchange, Answer) else exchange.detail
            span.set_status(Status(StatusCode.ERROR, why))
        span.end()

    def conclude(self, outcome: AuditRecord) -> None:
        """One of its outcomes stands on the audit topic."""
        self._outcomes.append(outcome)
        self._span.add_event("outcome", outcome_attributes(outcome))

    def end(self, *, is_settled: bool) -> None:
        """It has ended here."""
        if self._request is not None:
            self._request.end()
        told = gravest(self._outcomes)
        if told is not None:
            self._span.set_attributes(outcome_attributes(told))
            if went_wrong(told):
                self._span.set_status(Status(StatusCode.ERROR, told.reason))
        if not is_settled:
            self._span.set_attribute("kameleoon.given_back", value=True)
        self._span.end()


class _PassedOn:
    """A journey that is not traced here and carries the trace of another, which goes on as it came."""

    __slots__ = ("context",)

    def __init__(self, context: TraceContext) -> None:
        self.context = context

    def send(self, mapping: str, attempt: int, events: int) -> TraceContext:  # noqa: ARG002 (the port gives them)
        """A request is made."""
        return self.context

    def answer(self, exchange: Exchange, *, is_accepted: bool) -> None:
        """Nobody is told."""

    def conclude(self, outcome: AuditRecord) -> None:
        """Nobody is told."""

    def end(self, *, is_settled: bool) -> None:
        """Nobody is told."""


def _context_of(span: Span) -> TraceContext:
    context = _context(set_span_in_context(span, Context()))
    if context is None:
        raise AssertionError("a span that is recorded has a context")
    return context


def _context(within: Context) -> TraceContext | None:
    told: dict[str, str] = {}
    _HEADERS.inject(told, within)
    parent = told.get(TRACEPARENT)
    return None if parent is None else TraceContext(parent, told.get(TRACESTATE, ""))
