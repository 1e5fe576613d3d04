"""The errors of aiohttp turned into ours."""

import os
from dataclasses import replace

import aiohttp

from pipeline.adapters.http_errors import (
    NAME_NOT_FOUND,
    NOT_HTTP,
    failed_client,
    lost,
    no_connection,
    no_tls,
    timed_out,
)
from pipeline.core.exchange import NoAnswer, NoAnswerKind


def no_answer(error: Exception, *, timeout_s: float, bytes_written: bool) -> NoAnswer:
    """What an error of the client says about the exchange.

    `bytes_written` is what was seen of the request's body. Errors on the way to a connection
    come before the first byte, whatever was seen.
    """
    match error:
        case TimeoutError():
            return timed_out(timeout_s, bytes_written=bytes_written)
        case aiohttp.ClientConnectorDNSError():
            return NAME_NOT_FOUND
        case aiohttp.ClientSSLError():
            return no_tls(error.__cause__)
        case aiohttp.ClientConnectorError():
            return no_connection(error.os_error)
        case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError():
            return lost(bytes_written=bytes_written)
        case aiohttp.ClientHttpProxyError():
            detail = f"the proxy answered {error.status}"
            return NoAnswer(NoAnswerKind.PROTOCOL, detail, bytes_written)
        case aiohttp.ClientResponseError():
            return replace(NOT_HTTP, bytes_written=bytes_written)
        case _:
            return failed_client(error, bytes_written=bytes_written)


def why_not_connected(error: aiohttp.ClientConnectorError) -> str:
    """In a few words: as the system says it, where it is the system that says so."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return NAME_NOT_FOUND.detail
        case aiohttp.ClientSSLError():
            return no_tls(error.__cause__).detail
        case _:
            return os.strerror(error.os_error.errno) if error.os_error.errno else "no connection"
