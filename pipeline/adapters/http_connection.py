"""One connection to the endpoint: a request at a time, written at once, its answer read as it comes."""

import asyncio
from collections.abc import Callable, Iterable
from typing import assert_never

from pipeline.adapters.http_answer import AnswerReader, Reading
from pipeline.adapters.http_errors import NOT_HTTP, lost, timed_out
from pipeline.core.exchange import Exchange


class HttpConnection(asyncio.Protocol):
    """Exchanges one request and answer after the other.

    `on_free(connection)` is called when it may be used for the next one, `on_end(connection)` when it
    has ended.
    """

    def __init__(
        self,
        kept_headers: Iterable[str],
        on_free: Callable[["HttpConnection"], None],
        on_end: Callable[["HttpConnection"], None],
    ) -> None:
        self._reader = AnswerReader(kept_headers)
        self._on_free = on_free
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Exchange] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline_s = 0.0
        self._timeout_s = 0.0
        self.free_since_s = self._loop.time()

    @property
    def is_open(self) -> bool:
        """Whether a request may be written."""
        return self._transport is not None and not self._transport.is_closing()

    def exchange(self, request: bytes, deadline_s: float, timeout_s: float) -> asyncio.Future[Exchange]:
        """Write a request and read its answer, until `deadline_s` of the loop's time.

        Whoever waits no longer may cancel what is answered here: the connection is free again once the
        answer has come.
        """
        waiter: asyncio.Future[Exchange] = self._loop.create_future()
        if self._transport is None or self._transport.is_closing():
            waiter.set_result(lost(bytes_written=False))
            return waiter
        self._reader.begin()
        self._waiter = waiter
        self._deadline_s, self._timeout_s = deadline_s, timeout_s
        if self._timer is None:
            self._timer = self._loop.call_at(deadline_s, self._look_at_time)
        self._transport.write(request)
        return waiter

    def _look_at_time(self) -> None:
        """One timer serves many exchanges: set for an earlier one, it moves on to the present deadline."""
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline_s:
            self._timer = self._loop.call_at(self._deadline_s, self._look_at_time)
        else:
            self._end(timed_out(self._timeout_s, bytes_written=True))

    def abort(self) -> None:
        """End the connection at once; an exchange under way ends without an answer."""
        self._end(lost(bytes_written=True))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; called by the loop, as are the following."""
        self._transport = transport  # type: ignore[assignment]  # of a stream's protocol it is a Transport

    def data_received(self, data: bytes) -> None:
        """Read on; what comes unasked ends the connection."""
        if self._waiter is None:
            self.abort()
            return
        match self._reader.feed(data):
            case Reading.COMPLETE:
                self._conclude()
            case Reading.UNFINISHED:
                pass
            case Reading.NOT_HTTP:
                self._end(NOT_HTTP)
            case found:
                assert_never(found)

    def eof_received(self) -> None:
        """The other side has ended; an answer without a length is complete by that."""
        if self._waiter is not None and self._reader.ends_here():
            self._end(self._reader.answer())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (the loop gives it; why does not matter)
        """The connection has ended, here or there."""
        self.abort()

    def _conclude(self) -> None:
        """The answer is complete: the next exchange may follow if the request was written to its end."""
        transport = self._transport
        if not self._reader.may_follow or transport is None or transport.get_write_buffer_size():
            self._end(self._reader.answer())
            return
        self._settle(self._reader.answer())
        self.free_since_s = self._loop.time()
        self._on_free(self)

    def _end(self, exchange: Exchange) -> None:
        """The exchange under way, if any, comes to this, and the connection is not used again."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._settle(exchange)
        self._on_end(self)

    def _settle(self, exchange: Exchange) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(exchange)
