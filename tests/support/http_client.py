"""The HTTP destinations as tests make them."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver

from pipeline.adapters.aiohttp_destination import AiohttpDestination
from pipeline.adapters.direct_destination import DirectDestination
from pipeline.adapters.http_pool import Lookup, look_up
from pipeline.adapters.http_settings import HttpSettings

API_KEY: Final = "eyJpZCI6ICJhIiwgInNlY3JldCI6ICJiIn0="
SITECODE: Final = "0123456789"

HttpDestination = AiohttpDestination | DirectDestination

CLIENTS: Final[dict[str, Callable[[HttpSettings], HttpDestination]]] = {
    "aiohttp": AiohttpDestination,
    "direct": DirectDestination,
}
EACH_CLIENT: Final = pytest.mark.usefixtures("each_client")
"""Runs a test once with each client; a conftest takes the fixture over by importing it."""

_chosen = ["direct"]


@pytest.fixture(params=CLIENTS)
def each_client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `http_destination` make this client."""
    monkeypatch.setattr("tests.support.http_client._chosen", [request.param])


def http_settings(endpoint: str, **settings: Any) -> HttpSettings:
    """Settings with invented credentials."""
    credentials = {"api_key": API_KEY, "sitecode": SITECODE, "user_agent": "kameleoon-pipeline/tests"}
    return HttpSettings(endpoint=endpoint, **{**credentials, **settings})


def new_destination(settings: HttpSettings, resolver: AbstractResolver | None = None) -> HttpDestination:
    """A destination that its owner closes."""
    if _chosen == ["aiohttp"]:
        return AiohttpDestination(settings, resolver)
    return DirectDestination(settings, look_up if resolver is None else _lookup_of(resolver))


@asynccontextmanager
async def http_destination(
    endpoint: str, *, resolver: AbstractResolver | None = None, **settings: Any
) -> AsyncIterator[HttpDestination]:
    """A destination that is closed at the end."""
    destination = new_destination(http_settings(endpoint, **settings), resolver)
    try:
        yield destination
    finally:
        await destination.close()


def _lookup_of(resolver: AbstractResolver) -> Lookup:
    async def lookup(host: str, port: int) -> list[AddrInfoType]:
        found = await resolver.resolve(host, port)
        return [(told["family"], socket.SOCK_STREAM, 0, "", (told["host"], told["port"])) for told in found]

    return lookup
