"""A collector of traces on loopback: takes OTLP over HTTP, decodes it, and answers as it is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.raw_server import Peer, raw_server

_STATUS_ERROR = 2


@dataclass(frozen=True, slots=True)
class Told:
    """A span as it came over the wire; ids in hexadecimal, empty for none."""

    name: str
    kind: int
    trace: str
    id: str
    parent: str
    state: str
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    is_error: bool
    took_ns: int
    resource: dict[str, Any]


@dataclass
class Collector:
    """What it was sent, and what it answers: a status, or nothing at all for None."""

    spans: list[Told] = field(default_factory=list)
    requests: int = 0
    status: int | None = 200
    endpoint: str = ""

    def named(self, name: str) -> list[Told]:
        """The spans of this name."""
        return [span for span in self.spans if span.name == name]

    async def serve(self, peer: Peer) -> None:
        while True:
            line, headers, body = await peer.request()
            assert line == "POST /v1/traces HTTP/1.1"
            assert headers["content-type"] == "application/x-protobuf"
            self.requests += 1
            if self.status is None:
                await peer.gone()
                return
            if self.status == 200:
                self.spans += _decoded(body)
            await peer.write(f"HTTP/1.1 {self.status} Told\r\ncontent-length: 0\r\n\r\n".encode())


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """A collector on a free port."""
    collector = Collector()
    async with raw_server(collector.serve) as server:
        collector.endpoint = f"http://127.0.0.1:{server.port}/v1/traces"
        yield collector


def _decoded(body: bytes) -> list[Told]:
    return [
        Told(
            span.name,
            span.kind,
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.trace_state,
            _values(span.attributes),
            [(event.name, _values(event.attributes)) for event in span.events],
            span.status.code == _STATUS_ERROR,
            span.end_time_unix_nano - span.start_time_unix_nano,
            _values(resource.resource.attributes),
        )
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _values(attributes: Any) -> dict[str, Any]:
    return {found.key: getattr(found.value, found.value.WhichOneof("value")) for found in attributes}
