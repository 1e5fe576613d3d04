"""The command with something wrong or hurried in it: `python -m tests.support.worker.driven CHANGE run …`.

The product has no hooks for tests: a change replaces one of its parts before the command starts.
"""

import asyncio
import gc
import itertools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final

from pipeline.adapters.kafka_worker import KafkaWorker
from pipeline.adapters.replay_writer import Replay, ReplayWriter
from pipeline.cli.main import main
from pipeline.core.outcome import Decided
from pipeline.core.plan import Plan
from pipeline.core.record import Record
from pipeline.core.replay import Inbox
from pipeline.engine.assignment import Chunk

BUG: Final = b"a bug is planted here"
_METADATA_MS: Final = 500


def _planted() -> None:
    """The agent raises on a record that holds `BUG`."""
    process = KafkaWorker.process

    def planted(worker: KafkaWorker, chunk: Chunk) -> None:
        process(worker, chunk)
        if any(BUG in (record.value or b"") for record in chunk.records):
            raise LookupError("planted")

    worker_type: Any = KafkaWorker
    worker_type.process = planted


def _quoting() -> None:
    """Deciding on a record that holds `BUG` fails with errors that quote it, and so does a task."""
    admission: Any = import_module("pipeline.engine.admission")
    decide = admission.decide_read

    def quoting(plan: Plan, record: Record, inbox: Inbox) -> Decided:
        value = record.value or b""
        if BUG not in value:
            return decide(plan, record, inbox)  # type: ignore[no-any-return]  # it is replaced above
        asyncio.get_running_loop().create_task(_fail(value)).add_done_callback(lambda _: gc.collect())
        try:
            (b"\xff" + value).decode()
        except UnicodeDecodeError as error:
            raise KeyError(value.decode()) from error
        raise AssertionError

    admission.decide_read = quoting


async def _fail(value: bytes) -> None:
    raise ValueError(value.decode())


def _deaf() -> None:
    """No request is ever answered, whatever the time limits say."""
    destination: Any = import_module("pipeline.adapters.direct_destination").DirectDestination

    async def send(_: object, __: bytes, ___: object = None) -> None:
        await asyncio.Event().wait()

    destination.send = send


def _curious() -> None:
    """The consumer looks for new partitions twice a second."""
    source: Any = import_module("pipeline.adapters.kafka_source")
    assert source._LOOK_FOR_PARTITIONS_MS > _METADATA_MS
    source._LOOK_FOR_PARTITIONS_MS = _METADATA_MS


def _fatal() -> None:
    """`replay` is killed when its second transaction is written and not committed."""
    put, transactions = ReplayWriter._put, itertools.count(1)

    async def put_or_die(writer: ReplayWriter, replays: Sequence[Replay]) -> None:
        if next(transactions) == 1:
            await put(writer, replays)
            return
        await writer._producer.begin_transaction()
        await asyncio.gather(*[await writer._send(replay) for replay in replays])
        os.kill(os.getpid(), signal.SIGKILL)

    writer_type: Any = ReplayWriter
    writer_type._put = put_or_die


CHANGES: Final[dict[str, Callable[[], None]]] = {
    "planted": _planted,
    "curious": _curious,
    "deaf": _deaf,
    "quoting": _quoting,
    "fatal": _fatal,
}


def program(change: str) -> tuple[str, ...]:
    """What `Scene.start` takes to run a changed worker."""
    return "-m", __name__, change


if __name__ == "__main__":
    CHANGES[sys.argv.pop(1)]()
    main()
