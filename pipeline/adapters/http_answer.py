"""Bytes of an HTTP/1.1 answer turned into an Answer, by httptools."""

from collections.abc import Iterable
from enum import Enum, auto
from typing import Final

import httptools

from pipeline.adapters.http_body import decoded
from pipeline.core.exchange import MAX_BODY_BYTES, Answer

MAX_HEAD_BYTES: Final = 64 * 1024
"""An answer with a larger head is none."""

_INTERIM: Final = range(100, 200)


class _UnaskedError(Exception):
    """An answer without a request."""


class Reading(Enum):
    """How far an answer is read."""

    UNFINISHED = auto()
    COMPLETE = auto()
    NOT_HTTP = auto()


class AnswerReader:
    """Reads the answers of one connection, one after the other: `begin`, then `feed` until it is complete.

    Answers bring their `kept_headers`, named in lower case.
    """

    def __init__(self, kept_headers: Iterable[str]) -> None:
        self._kept = tuple(kept_headers)
        self._looked_at = frozenset((b"retry-after", b"content-encoding", *(n.encode() for n in self._kept)))
        self._parser = httptools.HttpResponseParser(self)
        self.begin()

    def begin(self) -> None:
        """Be ready for the next answer."""
        self._fed_bytes = self._header_bytes = 0
        self._headers: dict[bytes, list[bytes]] = {}
        self._body = b""
        self._status = 0
        self._is_head_read = self._is_framed = self._is_complete = False
        self.may_follow = False

    def feed(self, data: bytes) -> Reading:
        """Read some more. Once an answer is complete, `may_follow` tells whether another may."""
        if not self._is_head_read:
            self._fed_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.may_follow = False
            return Reading.COMPLETE if self._is_complete else Reading.NOT_HTTP
        head_bytes = self._header_bytes if self._is_head_read else self._fed_bytes
        if head_bytes > MAX_HEAD_BYTES:
            return Reading.NOT_HTTP
        return Reading.COMPLETE if self._is_complete else Reading.UNFINISHED

    def ends_here(self) -> bool:
        """Whether the answer is complete now that the connection has ended: its body has no length."""
        return self._is_head_read and not self._is_framed

    def answer(self) -> Answer:
        """The answer that is complete."""
        if not self._headers:
            return Answer(self._status, None, self._body)
        text = {name.decode(): b", ".join(said).decode("latin-1") for name, said in self._headers.items()}
        return Answer(
            self._status,
            text.get("retry-after"),
            decoded(self._body, text.get("content-encoding")),
            tuple((name, text[name]) for name in self._kept if name in text),
        )

    # what the parser calls

    def on_message_begin(self) -> None:
        """An answer begins; behind a complete one it is nobody's, and reading ends."""
        if self._is_complete:
            raise _UnaskedError

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or behind the body a trailer, which counts for nothing."""
        if self._is_head_read:
            return
        self._header_bytes += len(name) + len(value)
        name = name.lower()
        if name in self._looked_at:
            self._headers.setdefault(name, []).append(value)
        elif name in {b"content-length", b"transfer-encoding"}:
            self._is_framed = name == b"content-length" or value.lower().rstrip().endswith(b"chunked")

    def on_headers_complete(self) -> None:
        """The head is read, unless it is that of an interim answer."""
        self._status = self._parser.get_status_code()
        self._is_head_read = self._status not in _INTERIM

    def on_body(self, body: bytes) -> None:
        """A piece of the body; what is beyond the bound is dropped."""
        if len(self._body) < MAX_BODY_BYTES:
            self._body += body[: MAX_BODY_BYTES - len(self._body)]

    def on_message_complete(self) -> None:
        """The answer is complete, unless it was an interim one."""
        if self._is_head_read:
            self._is_complete = True
            self.may_follow = self._parser.should_keep_alive()
        else:
            self._headers = {}
            self._is_framed = False
