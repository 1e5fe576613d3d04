"""Posts the lines of a file with aiohttp, 64 at a time: python -m bench.contenders.aiohttp_loop FILE URL."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiohttp
import uvloop

from pipeline.core.request import request_headers

_CONCURRENCY: Final = 64


async def _post_all(session: aiohttp.ClientSession, url: str, bodies: Iterator[bytes]) -> None:
    for body in bodies:
        async with session.post(url, data=body) as answer:
            await answer.read()


async def _main(bodies: Iterator[bytes], url: str) -> None:
    headers = request_headers("eyJpZCI6ImJlbmNoIn0=", "bench12345", "bench")
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_CONCURRENCY), headers=headers
    ) as session:
        await asyncio.gather(*(_post_all(session, url, bodies) for _ in range(_CONCURRENCY)))
    await asyncio.Event().wait()  # the bench reads our memory, then ends us


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_bytes().split(b"\n")[:-1]
    uvloop.run(_main(iter(lines), sys.argv[2]))
