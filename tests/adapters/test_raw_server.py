"""The server of the tests beside it: what it leaves open would be told of some later test."""

import asyncio
import gc
import socket

import pytest

from tests.support.raw_server import Peer, raw_server


async def _answer(peer: Peer) -> None:
    await peer.request()


@pytest.mark.parametrize("steps", range(6))
async def test_who_connects_while_it_ends_is_not_forgotten(steps: int) -> None:
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.settimeout(0)
        async with raw_server(_answer) as server:
            await loop.sock_connect(client, ("127.0.0.1", server.port))
            for _ in range(steps):
                await asyncio.sleep(0)
        for _ in range(6):
            await asyncio.sleep(0)
    gc.collect()
