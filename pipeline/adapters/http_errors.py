"""Why no answer came, in words that may be published: the one place where foreign errors are read.

No text of an error is passed on as it came: it may hold the URL.
"""

import errno
import os
import ssl
from typing import Final

from pipeline.core.exchange import NoAnswer, NoAnswerKind

CLOSED: Final = NoAnswer(NoAnswerKind.CONNECTION_LOST, "the HTTP client is closed", bytes_written=False)
NO_QUESTION: Final = NoAnswer(
    NoAnswerKind.PROTOCOL, "the API key is none that can be asked about", bytes_written=False
)
NAME_NOT_FOUND: Final = NoAnswer(NoAnswerKind.DNS, "the host's name was not found", bytes_written=False)
NOT_HTTP: Final = NoAnswer(NoAnswerKind.PROTOCOL, "the answer was not valid HTTP", bytes_written=True)


def lost(*, bytes_written: bool) -> NoAnswer:
    """The connection ended too early."""
    detail = "the connection was lost before the answer was complete"
    return NoAnswer(NoAnswerKind.CONNECTION_LOST, detail, bytes_written)


def timed_out(timeout_s: float, *, bytes_written: bool) -> NoAnswer:
    """The time for the whole exchange is over."""
    return NoAnswer(NoAnswerKind.TIMEOUT, f"no answer within {timeout_s:g} s", bytes_written)


def no_connection(error: OSError) -> NoAnswer:
    """No connection could be made."""
    if error.errno == errno.ECONNREFUSED:
        return NoAnswer(NoAnswerKind.CONNECTION_REFUSED, "the connection was refused", bytes_written=False)
    why = os.strerror(error.errno).lower() if error.errno else "it ended before it was made"
    return NoAnswer(NoAnswerKind.CONNECTION_LOST, f"no connection: {why}", bytes_written=False)


def no_tls(reason: BaseException | None) -> NoAnswer:
    """The connection was made, but not encrypted."""
    return NoAnswer(NoAnswerKind.TLS, f"no TLS connection: {_tls_text(reason)}", bytes_written=False)


def _tls_text(reason: BaseException | None) -> str:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted ({reason.verify_message})"
    if isinstance(reason, ssl.SSLError) and reason.reason:
        return reason.reason.lower().replace("_", " ")
    return "the handshake failed"


def failed_client(error: Exception, *, bytes_written: bool) -> NoAnswer:
    """The HTTP client failed in a way that it should not."""
    detail = f"the HTTP client failed with {type(error).__name__}"
    return NoAnswer(NoAnswerKind.PROTOCOL, detail, bytes_written)
