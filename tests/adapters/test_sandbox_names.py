"""Under which names the sandbox tells what it received."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from pipeline.adapters.sandbox import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


@pytest.mark.parametrize(
    "host, status",
    [
        ("localhost", 200),
        ("127.0.0.1:8010", 200),
        ("[::1]:8010", 200),
        ("sandbox:8080", 200),
        ("10.0.0.7", 200),
        ("evil.example", 421),
        ("evil.example:8010", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
    ],
)
async def test_what_it_received_is_told_to_no_website_that_points_its_name_here(
    sandbox: Sandbox, host: str, status: int
) -> None:
    async with aiohttp.ClientSession(sandbox.url, headers={"host": host}) as client:
        async with client.get("/_sandbox/requests") as response:
            assert response.status == status
        async with client.put("/_sandbox/faults", data=b"{}") as response:
            assert response.status == status
