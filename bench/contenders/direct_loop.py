"""Posts the lines of a file with the pipeline's client: python -m bench.contenders.direct_loop FILE URL."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvloop

from pipeline.adapters.direct_destination import DirectDestination
from pipeline.adapters.http_settings import HttpSettings

_CONCURRENCY: Final = 64


async def _post_all(destination: DirectDestination, bodies: Iterator[bytes]) -> None:
    for body in bodies:
        await destination.send(body)


async def _main(bodies: Iterator[bytes], url: str) -> None:
    destination = DirectDestination(
        HttpSettings(endpoint=url, api_key="eyJpZCI6ImJlbmNoIn0=", sitecode="bench12345", user_agent="bench")
    )
    await asyncio.gather(*(_post_all(destination, bodies) for _ in range(_CONCURRENCY)))
    await asyncio.Event().wait()  # the bench reads our memory, then ends us


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_bytes().split(b"\n")[:-1]
    uvloop.run(_main(iter(lines), sys.argv[2]))
