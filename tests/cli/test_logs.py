"""What libraries say of errors comes through, what they quote does not."""

import asyncio
import io
import logging
import os
import sys
from collections.abc import Iterator

import pytest
import structlog

from pipeline.cli.logs import set_up_logs

CANARY = "canary"


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("faust", "mode"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def _fail(secret: str) -> None:
    raise KeyError(secret)


async def _leave_a_failed_task_behind() -> None:
    async def task() -> None:
        _fail(CANARY)

    failed = asyncio.create_task(task(), name="task")
    await asyncio.wait([failed])
    del failed


def test_a_line_that_cannot_be_written_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.fdopen(os.open("/dev/full", os.O_WRONLY), "w", buffering=1)
    monkeypatch.setattr(sys, "stderr", full)
    set_up_logs(as_json=True)

    structlog.get_logger("pipeline").info("ours")
    structlog.get_logger("pipeline").critical("ours")
    logging.getLogger("aiokafka").warning("theirs")

    os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())
    full.close()


@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_is_told_by_its_kind_and_places(as_json: bool, capfd: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001 (a parameter of the test)
    set_up_logs(as_json=as_json)
    try:
        _fail(CANARY)
    except KeyError:
        logging.getLogger("aiokafka").exception("Unexpected error in %s", "sender")
        structlog.get_logger("pipeline").error("ours", exc_info=True)
    asyncio.run(_leave_a_failed_task_behind())
    loop_context = f"Exception in callback f('{CANARY}')\nhandle: <Handle f('{CANARY}')>"
    logging.getLogger("asyncio").error(loop_context)

    printed = capfd.readouterr().err
    assert CANARY not in printed
    assert printed.count("KeyError") == 3
    assert printed.count("_fail") == 3
    for event in (
        "Unexpected error in sender",
        "ours",
        "Task exception was never",
        "Exception in callback f",
    ):
        assert event in printed


class Pieces(io.StringIO):
    """Notes what it is given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return len(text)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_line_is_written_in_one_piece_with_its_worker(
    as_json: bool,  # noqa: FBT001 (a parameter of the test)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Workers share their parent's standard error: what comes in pieces would be mixed."""
    shared = Pieces()
    monkeypatch.setattr(sys, "stderr", shared)
    set_up_logs(as_json=as_json, worker=3)

    structlog.get_logger("pipeline").info("ours")
    logging.getLogger("aiokafka").warning("a library's")

    assert len(shared.pieces) == 2
    assert all(piece.endswith("\n") and piece.count("\n") == 1 for piece in shared.pieces)
    assert all("worker" in piece and "3" in piece for piece in shared.pieces)
