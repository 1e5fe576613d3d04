"""The page `/tap` of a worker: events as they pass a stage, line by line, for who has the worker's token."""

import asyncio
import hmac
import ipaddress
import os
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web

from pipeline.adapters.tap_token import TokenError, TokenFile, token_folders
from pipeline.core.tap.question import MisputError, read_question
from pipeline.engine.tapping import MOST_TAPS, Tap, Taps

log = structlog.get_logger("pipeline.tap")

BEAT_S: Final = 1.0
"""After so long without an event an empty line tells the reader that the worker is there."""

_LONGEST_WRITE_S: Final = 20.0
"""A reader that takes nothing for so long is let go: there are others who want its place."""

_SCHEME: Final = "Bearer "


class TapPage:
    """Serves taps to readers on this machine; `open` makes the token that they need."""

    def __init__(self, taps: Taps) -> None:
        self._taps = taps
        self._token: TokenFile | None = None
        self._served: set[Tap] = set()

    def open(self, port: int) -> None:
        """Make a token for the worker at this port; where it cannot be kept, the worker goes on without."""
        try:
            self._token = TokenFile(port, token_folders(os.environ))
        except TokenError as error:
            log.warning(
                "events cannot be tapped",
                detail=str(error),
                mend="a folder for temporary files that can be written, such as by TMPDIR",
            )

    def close(self) -> None:
        """End all taps and remove the token."""
        for tap in self._served:
            self._taps.close(tap)
        if self._token is not None:
            self._token.remove()
            self._token = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """A stream of lines, or in words why there is none."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        try:
            question = read_question(request.query.items())
        except MisputError as error:
            return _no(HTTPStatus.BAD_REQUEST, str(error))
        tap = self._taps.open(question)
        if tap is None:
            return _no(
                HTTPStatus.SERVICE_UNAVAILABLE, f"{MOST_TAPS} others tap this worker, which are all it serves"
            )
        self._served.add(tap)
        try:
            return await _stream(tap, request)
        finally:
            self._served.discard(tap)
            self._taps.close(tap)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.transport is None or not is_here(request.transport.get_extra_info("peername")):
            return _no(HTTPStatus.FORBIDDEN, "tap on the machine of the worker, through 127.0.0.1 or ::1")
        if self._token is None:
            return _no(HTTPStatus.SERVICE_UNAVAILABLE, "this worker could not keep a token: its log says why")
        given = request.headers.get("authorization")
        if given is None:
            return _no(HTTPStatus.UNAUTHORIZED, "the token of this worker is asked for")
        if not hmac.compare_digest(_as_bytes(given), _as_bytes(_SCHEME + self._token.token)):
            return _no(HTTPStatus.FORBIDDEN, "that is not the token of this worker")
        return None


def _as_bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def is_here(peer: Sequence[Any] | None) -> bool:
    """Whether the other end of a connection is on this machine; it begins with its address."""
    if not peer:
        return False
    address = ipaddress.ip_address(peer[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _no(status: HTTPStatus, why: str) -> web.Response:
    headers = {"www-authenticate": _SCHEME.strip()} if status is HTTPStatus.UNAUTHORIZED else None
    return web.json_response({"error": why}, status=status, headers=headers)


async def _stream(tap: Tap, request: web.Request) -> web.StreamResponse:
    """Write until the tap is closed or its reader has gone."""
    response = web.StreamResponse(
        headers={"content-type": "application/x-ndjson", "cache-control": "no-store"}
    )
    try:
        await response.prepare(request)
        while tap.is_open:
            lines = await tap.lines(BEAT_S)
            async with asyncio.timeout(_LONGEST_WRITE_S):
                await response.write(_joined(lines))
    except (ConnectionError, TimeoutError):
        if request.transport is not None:
            request.transport.abort()  # nothing more is waited for
    return response


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"".join([line + b"\n" for line in lines]) or b"\n"
