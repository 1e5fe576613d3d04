"""The HTTP server that every contender delivers to: counts, answers 200, and tells its counts.

python -m bench.sink --port 8099 [--latency-ms 50] [--certificate FILE]

It finds events by their `messageId`, one or many in a request. GET /count tells how many came,
GET /log when each did, and how long the server itself took: it stands still as little as it can.
"""

import argparse
import asyncio
import json
import re
import ssl
import sys
import time
from pathlib import Path
from typing import Final, cast

import uvloop

_MESSAGE_ID: Final = re.compile(rb'"messageId":"([^"]*)"')
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_BODY: Final = b'{"ok":true}'
_ANSWER: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n" + _BODY
_END_OF_HEAD: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"


class Counts:
    """What came so far; `arrivals` holds message id, time of the answer and seconds taken for each event."""

    def __init__(self, *, keeps_arrivals: bool) -> None:
        self.requests = 0
        self.deliveries = 0
        self.distinct: set[int] = set()
        self.first_s = 0.0
        self._keeps_arrivals = keeps_arrivals
        self.arrivals: list[tuple[bytes, float, float]] = []

    def take(self, body: bytes) -> list[bytes]:
        """Count the events of a request; their message ids."""
        found = _MESSAGE_ID.findall(body)
        self.requests += 1
        self.deliveries += len(found)
        self.distinct.update(map(hash, found))
        self.first_s = self.first_s or time.time()
        return found

    def answered(self, found: list[bytes], came_s: float) -> None:
        """Note when a request's events were answered."""
        if self._keeps_arrivals:
            now_s = time.time()
            self.arrivals += [(message_id, now_s, now_s - came_s) for message_id in found]

    def summary(self) -> bytes:
        """The counts as JSON."""
        told = {"requests": self.requests, "deliveries": self.deliveries, "distinct": len(self.distinct)}
        return json.dumps({**told, "first_s": self.first_s}).encode()

    def log(self) -> bytes:
        """One line for each event: id, time of its answer, seconds that the server took."""
        return b"\n".join(b"%s %.6f %.6f" % arrival for arrival in self.arrivals)


class SinkConnection(asyncio.Protocol):
    """One connection; requests may come in pieces, or several at once."""

    def __init__(self, counts: Counts, latency_s: float) -> None:
        self._counts = counts
        self._latency_s = latency_s
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are of no class of asyncio

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        self._buffer = self._buffer + data if self._buffer else data
        while (end := self._end_of_request()) is not None:
            request, self._buffer = self._buffer[:end], self._buffer[end:]
            self._serve(request)

    def _end_of_request(self) -> int | None:
        head = self._buffer.find(_END_OF_HEAD)
        if head < 0:
            return None
        length = _LENGTH.search(self._buffer, 0, head)
        if length is None and self._buffer.startswith(b"POST"):  # chunked, as Segment's client may send
            last = self._buffer.find(_LAST_CHUNK, head)
            return last + len(_LAST_CHUNK) if last >= 0 else None
        end = head + len(_END_OF_HEAD) + (int(length[1]) if length else 0)
        return end if len(self._buffer) >= end else None

    def _serve(self, request: bytes) -> None:
        if request.startswith(b"GET /count"):
            self._write(_page(self._counts.summary()))
        elif request.startswith(b"GET /log"):
            self._write(_page(self._counts.log()))
        else:
            self._take(request)

    def _take(self, request: bytes) -> None:
        came_s = time.time()
        found = self._counts.take(request)
        if self._latency_s:
            asyncio.get_running_loop().call_later(self._latency_s, self._answer, found, came_s)
        else:
            self._answer(found, came_s)

    def _answer(self, found: list[bytes], came_s: float) -> None:
        self._write(_ANSWER)
        self._counts.answered(found, came_s)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def _page(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


async def _serve(options: argparse.Namespace) -> None:
    counts = Counts(keeps_arrivals=options.log)
    tls = None
    if options.certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.certificate)
    latency_s = options.latency_ms / 1000
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SinkConnection(counts, latency_s), "127.0.0.1", options.port, ssl=tls, backlog=1024
    )
    control = await loop.create_server(lambda: SinkConnection(counts, 0), "127.0.0.1", 0)
    ports = [listening.sockets[0].getsockname()[1] for listening in (server, control)]
    sys.stdout.write(json.dumps({"port": ports[0], "control": ports[1]}) + "\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Serve until ended; the ports go to standard output as one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency-ms", type=float, default=0, help="before each answer")
    parser.add_argument("--certificate", type=Path, help="a PEM file with key and certificate: TLS")
    parser.add_argument("--log", action="store_true", help="remember when each event came")
    uvloop.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
