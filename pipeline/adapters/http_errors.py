"""The HTTP client's errors turned into ours: the one place where they are read.

No text of an error is passed on as it came: it may hold the URL.
"""

import errno
import os
import ssl
from typing import Final

import aiohttp

from pipeline.core.exchange import NoAnswer, NoAnswerKind

_LOST: Final = "the connection was lost before the answer was complete"
_NAME_NOT_FOUND: Final = "the host's name was not found"
_REFUSED: Final = "the connection was refused"
_NOT_HTTP: Final = "the answer was not valid HTTP"


def no_answer(error: Exception, *, timeout_s: float, bytes_written: bool) -> NoAnswer:
    """What an error of the client says about the exchange.

    `bytes_written` is what was seen of the request's body. Errors on the way to a connection
    come before the first byte, whatever was seen.
    """
    match error:
        case TimeoutError():
            detail = f"no answer within {timeout_s:g} s"
            return NoAnswer(NoAnswerKind.TIMEOUT, detail, bytes_written)
        case aiohttp.ClientConnectorError():
            return _no_connection(error)
        case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError():
            return NoAnswer(NoAnswerKind.CONNECTION_LOST, _LOST, bytes_written)
        case aiohttp.ClientHttpProxyError():
            detail = f"the proxy answered {error.status}"
            return NoAnswer(NoAnswerKind.PROTOCOL, detail, bytes_written)
        case aiohttp.ClientResponseError():
            return NoAnswer(NoAnswerKind.PROTOCOL, _NOT_HTTP, bytes_written)
        case _:
            detail = f"the HTTP client failed with {type(error).__name__}"
            return NoAnswer(NoAnswerKind.PROTOCOL, detail, bytes_written)


def _no_connection(error: aiohttp.ClientConnectorError) -> NoAnswer:
    kind, detail = NoAnswerKind.CONNECTION_LOST, f"no connection: {_system_text(error.os_error)}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        kind, detail = NoAnswerKind.DNS, _NAME_NOT_FOUND
    elif isinstance(error, aiohttp.ClientSSLError):
        kind, detail = NoAnswerKind.TLS, f"no TLS connection: {_tls_text(error)}"
    elif error.os_error.errno == errno.ECONNREFUSED:
        kind, detail = NoAnswerKind.CONNECTION_REFUSED, _REFUSED
    return NoAnswer(kind, detail, bytes_written=False)


def _system_text(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else "it ended before it was made"


def _tls_text(error: aiohttp.ClientSSLError) -> str:
    reason = error.__cause__
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted ({reason.verify_message})"
    if isinstance(reason, ssl.SSLError) and reason.reason:
        return reason.reason.lower().replace("_", " ")
    return "the handshake failed"
