"""A fate carried out on the wire."""

import asyncio
import json
import socket
import struct
import time
from typing import Final, assert_never

from aiohttp import web

from pipeline.adapters.sandbox.judgement import Judgement
from pipeline.adapters.sandbox.memory import Received
from pipeline.adapters.sandbox.stories import Fate, Fault

_CLOSE_WITH_RESET: Final = struct.pack("ii", 1, 0)
_BODILESS: Final = frozenset({204, 205, 304})
_CUT: Final = b'{"cut'
_ANNOUNCED_BYTES: Final = 64


async def answer(
    request: web.Request, received: Received, judgement: Judgement, stopping: asyncio.Event
) -> web.StreamResponse:
    """Answer as the judgement says; `received.status` is set once a status goes out."""
    fate = judgement.fate
    if fate.delay_ms:
        await asyncio.sleep(fate.delay_ms / 1000)
    match fate.fault:
        case Fault.NONE:
            received.status = fate.status
            return _whole(fate, judgement.error)
        case Fault.RESET:
            _reset(request)
            return web.Response()
        case Fault.STALL | Fault.TRUNCATE:
            received.status = fate.status
            return await _half(request, fate, stopping)
        case _:
            assert_never(fate.fault)


def _whole(fate: Fate, error: str | None) -> web.Response:
    if fate.status in _BODILESS:
        return web.Response(status=fate.status, headers=_headers(fate))
    body = json.dumps({} if error is None else {"error": error}).encode()
    return web.Response(
        status=fate.status, body=body, headers=_headers(fate), content_type="application/json"
    )


def _headers(fate: Fate) -> dict[str, str]:
    retry_after = fate.retry_after_header(time.time())
    return {} if retry_after is None else {"retry-after": retry_after}


def _reset(request: web.Request) -> None:
    """Drop the connection so that the other side sees a reset, not an end."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
    transport.abort()


async def _half(request: web.Request, fate: Fate, stopping: asyncio.Event) -> web.StreamResponse:
    """Announce a body and send a part of it; then wait until the sandbox stops, or hang up."""
    response = web.StreamResponse(status=fate.status, headers=_headers(fate))
    response.content_length = _ANNOUNCED_BYTES
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(_CUT)
    if fate.fault is Fault.STALL:
        await stopping.wait()
    if request.transport is not None:
        request.transport.close()
    return response
