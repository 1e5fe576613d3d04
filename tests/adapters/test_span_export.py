"""Collectors that are away, slow, or refuse: nobody waits for them, and the log stays short."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from pipeline.adapters import span_export
from tests.support.collector import collecting
from tests.support.traced import DECIDED, SAMPLED, deliver, record, told_of, tracing
from tests.support.waiting import until


def _closing() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "closing traces"]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """What an impatient test leaves behind ends before the next one listens."""
    yield
    for thread in _closing():
        thread.join()


async def test_a_collector_that_is_not_there_costs_one_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span_export, "_CLOSE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with capture_logs() as logs:
        async with tracing(f"http://127.0.0.1:{port}/v1/traces") as tracer:
            for offset in range(600):
                deliver(tracer, record(offset=offset))
            assert tracer._export.waiting <= span_export.MOST_WAITING
        await until(lambda: len(logs) > 0, "it is told")
    (line,) = [line for line in logs if line["event"] == "the collector does not take traces"]
    assert line["spans_lost"] >= 1
    assert "refused" in line["detail"]


@pytest.mark.parametrize("status", [400, 401, 404, 500])
async def test_a_collector_that_refuses_is_told_with_its_answer(status: int) -> None:
    with capture_logs() as logs:
        async with collecting() as collector:
            collector.status = status
            async with tracing(collector.endpoint) as tracer:
                deliver(tracer, record())
    (line,) = [line for line in logs if line["event"] == "the collector does not take traces"]
    assert str(status) in line["detail"]
    assert line["spans_lost"] == 3


async def test_a_collector_that_never_answers_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does not take is left out, journeys as a whole first; closing does not wait for it."""
    monkeypatch.setattr(span_export, "_CLOSE_S", 0.2)
    monkeypatch.setattr(span_export, "MOST_WAITING", 600)
    monkeypatch.setattr(span_export, "_BEGIN_NONE_ABOVE", 300)
    loop = asyncio.get_running_loop()
    with capture_logs() as logs:
        async with collecting() as collector:
            collector.status = None
            async with tracing(collector.endpoint) as tracer:
                for offset in range(1000):
                    deliver(tracer, record(offset=offset))
                assert 300 <= tracer._export.waiting < 310
                await until(lambda: collector.requests > 0, "the collector is asked")
                began_s = loop.time()
            assert loop.time() - began_s < 5
    (line,) = [line for line in logs if line["event"].startswith("more is traced")]
    assert line["left_out"] == 1


async def test_spans_beyond_the_bound_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span_export, "_CLOSE_S", 0.2)
    monkeypatch.setattr(span_export, "MOST_WAITING", 260)
    async with collecting() as collector:
        collector.status = None
        async with tracing(collector.endpoint) as tracer:
            journeys = [tracer.begin(record(offset=offset), DECIDED, 0) for offset in range(300)]
            for journey in journeys:
                assert journey is not None
                journey.end(is_settled=True)
            assert tracer._export.waiting == 260


async def test_a_collector_that_is_back_is_told() -> None:
    with capture_logs() as logs:
        async with collecting() as collector:
            collector.status = 400
            async with tracing(collector.endpoint) as tracer:
                deliver(tracer, record())
                await asyncio.to_thread(tracer._export.force_flush)
                collector.status = 200
                deliver(tracer, record(offset=8))
    assert [line["event"] for line in logs] == [
        "the collector does not take traces",
        "the collector takes traces again",
    ]
    assert len(collector.spans) == 3


async def test_the_library_keeps_its_complaints_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    """They quote what senders write, and come without end."""
    with capture_logs():
        await told_of((SAMPLED[0], ("tracestate", b"canary")))
    assert caplog.records == []
    assert not logging.getLogger("opentelemetry").propagate


async def test_closing_leaves_no_thread() -> None:
    await told_of()
    await until(lambda: not _closing(), "the thread has ended")
