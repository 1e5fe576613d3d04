"""The app in a process of its own, over a worker that feeds given chunks and notes what it is asked.

    python -m tests.support.app_process '["first", "bad", "last"]' bad

The worker ends the process by SIGTERM after the last chunk, and breaks at the named one, or at its
start if that is named; `faust` breaks the app before that. With `signal` SIGTERM comes while it starts.
One JSON object is written: `seen`, `processed`, `code`.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from pipeline.app import create_app, run_app
from pipeline.engine.assignment import Chunk


class NotingWorker:
    """Feeds what it is given, and notes what it is asked."""

    def __init__(self, chunks: list[str], breaks_at: str) -> None:
        self.seen: list[str] = []
        self.processed: list[object] = []
        self.exit_code = 0
        self.on_crash: Callable[[], None] = lambda: None
        self._chunks = chunks
        self._breaks_at = breaks_at
        self._stopped = asyncio.Event()

    async def start(self) -> None:
        self.seen.append("start")
        if self._breaks_at == "start":
            raise RuntimeError("planted")
        if self._breaks_at == "signal":
            os.kill(os.getpid(), signal.SIGTERM)
            await self._stopped.wait()

    async def run(self, deliver: Callable[[Chunk], Awaitable[None]]) -> None:
        self.seen.append("run")
        for chunk in self._chunks:
            await deliver(chunk)  # type: ignore[arg-type]  # the app hands on whatever it is given
        await asyncio.Event().wait()

    def process(self, chunk: object) -> None:
        if chunk == self._breaks_at:
            raise RuntimeError("planted")
        self.processed.append(chunk)
        if chunk == self._chunks[-1]:
            os.kill(os.getpid(), signal.SIGTERM)

    def crash(self, error: BaseException) -> None:
        self.seen.append(f"crash: {error}")
        self.exit_code = 70
        self.on_crash()

    async def stop(self) -> None:
        self.seen.append("stop")
        self._stopped.set()


async def _break() -> None:
    raise RuntimeError("planted")


def main(chunks: list[str], breaks_at: str) -> None:
    worker = NotingWorker(chunks, breaks_at)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = create_app("tests", worker)
    if breaks_at == "faust":
        app.on_first_start = _break
    code = run_app(app, worker, loop)
    sys.stdout.write(json.dumps({"seen": worker.seen, "processed": worker.processed, "code": code}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2])
