"""What came of one request: a complete answer, or none."""

from dataclasses import field
from enum import StrEnum
from typing import Final

from pipeline.core.value import value_class

MAX_BODY_BYTES: Final = 64 * 1024
"""The part of an answer's body that is kept; the rest is read and dropped."""


class NoAnswerKind(StrEnum):
    """Why no complete answer came."""

    TIMEOUT = "timeout"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_LOST = "connection_lost"
    DNS = "dns"
    TLS = "tls"
    PROTOCOL = "protocol"


@value_class
class Answer:
    """A complete answer, body included.

    `retry_after` is the header as received; `body` at most the first `MAX_BODY_BYTES`. `headers`
    holds those alone that a rule asks for, their names in lower case, most often none.
    """

    status: int
    retry_after: str | None = None
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def header(self, name: str) -> str | None:
        """The value of a header that was asked for, by its name in lower case."""
        return next((value for kept, value in self.headers if kept == name), None)


@value_class
class NoAnswer:
    """No complete answer came.

    `detail` is safe to publish. `bytes_written` tells whether any part of the request was
    written, so that it may have reached the other side.
    """

    kind: NoAnswerKind
    detail: str
    bytes_written: bool


Exchange = Answer | NoAnswer
