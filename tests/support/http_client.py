"""HttpDestination as tests make it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp.abc import AbstractResolver

from pipeline.adapters.http_destination import HttpDestination, HttpSettings

API_KEY: Final = "eyJpZCI6ICJhIiwgInNlY3JldCI6ICJiIn0="
SITECODE: Final = "0123456789"


def http_settings(endpoint: str, **settings: Any) -> HttpSettings:
    """Settings with invented credentials."""
    credentials = {"api_key": API_KEY, "sitecode": SITECODE, "user_agent": "kameleoon-pipeline/tests"}
    return HttpSettings(endpoint=endpoint, **{**credentials, **settings})


@asynccontextmanager
async def http_destination(
    endpoint: str, *, resolver: AbstractResolver | None = None, **settings: Any
) -> AsyncIterator[HttpDestination]:
    """A destination that is closed at the end."""
    destination = HttpDestination(http_settings(endpoint, **settings), resolver)
    try:
        yield destination
    finally:
        await destination.close()
