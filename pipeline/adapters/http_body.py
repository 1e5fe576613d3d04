"""Bodies over HTTP: one that tells whether it was written, one that is read within a bound."""

import zlib
from typing import Final

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

from pipeline.core.exchange import MAX_BODY_BYTES

_GZIP: Final = 16 + zlib.MAX_WBITS
_WINDOWS: Final = {
    "gzip": (_GZIP,),
    "x-gzip": (_GZIP,),
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),  # some servers leave out zlib's header
}


class WatchedBody(Payload):
    """A request's body that tells whether any part of the request was written.

    The client keeps the request's head back until the body's first bytes, so the head is
    written when the body is.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._content = content
        self._bytes_written = False

    @property
    def bytes_written(self) -> bool:
        """Whether a byte of the request was given to an open connection."""
        return self._bytes_written

    @property
    def size(self) -> int:
        """Bytes, for Content-Length."""
        return len(self._content)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The body as text; part of the client's protocol."""
        return self._content.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the body; part of the client's protocol."""
        self._bytes_written = self._bytes_written or _is_open(writer)
        await writer.write(self._content)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:  # noqa: ARG002 (the client's protocol; `size` announced this very length)
        """Write the body; part of the client's protocol."""
        await self.write(writer)


def _is_open(writer: AbstractStreamWriter) -> bool:
    transport = writer.transport
    return transport is not None and not transport.is_closing()


async def first_bytes(stream: aiohttp.StreamReader) -> bytes:
    """Read a body to its end and keep the first `MAX_BODY_BYTES`."""
    kept = bytearray()
    async for chunk in stream.iter_any():
        kept += chunk[: MAX_BODY_BYTES - len(kept)]
    return bytes(kept)


def decoded(body: bytes, encoding: str | None) -> bytes:
    """A body without its Content-Encoding, at most `MAX_BODY_BYTES` of it.

    As it came when the encoding is unknown or the content does not keep to it.
    """
    for window in _WINDOWS.get((encoding or "").strip().lower(), ()):
        try:
            return zlib.decompressobj(window).decompress(body, MAX_BODY_BYTES)
        except zlib.error:
            continue
    return body
