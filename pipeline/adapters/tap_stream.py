"""A worker's `/tap`, read: line by line, until it ends."""

import os
from collections.abc import AsyncIterator
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from pipeline.adapters.aiohttp_errors import why_not_connected
from pipeline.adapters.tap_token import TokenError, find_token, token_folders
from pipeline.core.tap.question import Question, asked

_CONNECT_S: Final = 2.0
_SILENT_S: Final = 15.0
"""A worker says something each second; one that is silent for so long is away."""

_LONGEST_LINE: Final = 2**20
_DEFAULT_PORT: Final = 80


class TapRefusedError(Exception):
    """The worker may not be asked, or not so: a person has to change something. The text says what."""


class WorkerAwayError(Exception):
    """Nobody answers, or not any more. The text says why."""


async def tap(url: str, question: Question) -> AsyncIterator[bytes]:
    """The lines of the worker whose pages are below `url`; ends by WorkerAwayError or TapRefusedError."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_SILENT_S)
    headers = {"authorization": f"Bearer {_token(url)}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, read_bufsize=_LONGEST_LINE) as session,
            session.get(
                f"{url}/tap", params=asked(question), headers=headers, allow_redirects=False
            ) as response,
        ):
            if response.status != HTTPStatus.OK:
                raise TapRefusedError(await _why(response))
            async for text in response.content:
                if line := text.strip():
                    yield line
    except TimeoutError:
        raise WorkerAwayError(f"no answer within {_SILENT_S:g} s") from None
    except aiohttp.ClientConnectorError as error:
        raise WorkerAwayError(why_not_connected(error)) from None
    except (aiohttp.ClientError, ValueError) as error:
        raise WorkerAwayError(f"no answer: {type(error).__name__}") from None
    raise WorkerAwayError("the worker has ended")


def _token(url: str) -> str:
    """The token goes to this machine alone. Raises TapRefusedError."""
    parts = urlsplit(url)
    if not _is_here(parts.hostname or ""):
        raise TapRefusedError(
            "workers are tapped on their own machine: write 127.0.0.1 or [::1] as its host, "
            "where admin.listen is such an address or 0.0.0.0"
        )
    try:
        return find_token(parts.port or _DEFAULT_PORT, token_folders(os.environ))
    except TokenError as error:
        raise TapRefusedError(str(error)) from None


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _why(response: aiohttp.ClientResponse) -> str:
    try:
        return str((await response.json())["error"])
    except (aiohttp.ClientError, ValueError, LookupError, TypeError):
        return "what answers there is no worker of this version"
