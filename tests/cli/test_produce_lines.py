"""How `produce` cuts its input into lines, and what it says of those it took before it ended."""

import asyncio
import os
import tempfile
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.adapters import event_producer
from pipeline.adapters.kafka_errors import BrokerUnreachableError
from pipeline.cli import produce
from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app

LONGEST_BYTES = 2**20


async def _lines(content: bytes, longest_bytes: int = LONGEST_BYTES) -> list[bytes]:
    with tempfile.TemporaryFile() as source:
        source.write(content)
        source.seek(0)
        return [line async for chunk in produce.lines(source, longest_bytes) for line in chunk]


@pytest.mark.parametrize(
    "content,lines",
    [
        (b"", []),
        (b"one", [b"one"]),
        (b"one\n", [b"one"]),
        (b"one\n\ntwo\r\n", [b"one", b"", b"two\r"]),
        ("a\u2028b\x0bc\x85\n".encode(), ["a\u2028b\x0bc\x85".encode()]),
    ],
)
async def test_only_a_newline_ends_a_line(content: bytes, lines: list[bytes]) -> None:
    assert await _lines(content) == lines


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 1000])
async def test_a_line_may_be_longer_than_what_is_read_at_once(
    chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(produce, "CHUNK_BYTES", chunk_bytes)

    assert await _lines(b"first line\nsecond\n\nlast") == [b"first line", b"second", b"", b"last"]


@pytest.mark.parametrize("size", [11, 12, 13, 1000])
async def test_a_line_without_an_end_is_not_kept_to_it(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is longer than a line may be, so it is refused, and the lines after it are whole."""
    monkeypatch.setattr(produce, "CHUNK_BYTES", 4)

    before, cut, after = await _lines(b"one\n" + b"x" * size + b"\ntwo\n", longest_bytes=10)

    assert (before, after) == (b"one", b"two")
    assert 10 < len(cut) <= 10 + 4
    assert set(cut) == {ord("x")}


@given(st.binary())
async def test_no_byte_is_lost(content: bytes) -> None:
    joined = b"\n".join(await _lines(content))

    assert joined == content.removesuffix(b"\n")


async def test_lines_of_a_pipe_are_there_before_it_is_closed() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as source, os.fdopen(write, "wb", buffering=0) as writer:
        found = produce.lines(source, LONGEST_BYTES)
        writer.write(b"one\ntwo\nthr")
        assert await anext(found) == [b"one", b"two"]
        writer.write(b"ee")
        writer.close()
        assert await anext(found) == [b"three"]


async def test_nobody_keeps_waiting_for_a_pipe_after_an_interrupt() -> None:
    """A thread in a read would hold up the end of the process until somebody writes."""
    read, write = os.pipe()
    before = threading.enumerate()
    with os.fdopen(read, "rb") as source, os.fdopen(write, "wb"):
        waiting = asyncio.ensure_future(anext(produce.lines(source, LONGEST_BYTES)))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

        assert waiting.cancelled()
        assert set(threading.enumerate()) <= set(before)


def test_a_broker_that_goes_away_does_not_hide_what_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    async def taken_in_part(*given: Any) -> None:
        said: event_producer.Produced = given[3]
        said.lines, said.acknowledged = 3, 2
        raise BrokerUnreachableError("no Kafka broker answers")

    monkeypatch.setattr(event_producer, "produce", taken_in_part)
    ended = CliRunner().invoke(app, ["produce", __file__, "--bootstrap-servers", "localhost:1"])
    assert ended.exit_code == ExitCode.UNREACHABLE
    assert ended.stderr.endswith("\nbefore that: 2 events on segment-events\n")
