"""An interruption is one, whatever the client or the loop make of it."""

import asyncio
import signal
from typing import Any

import pytest
import typer

from pipeline.adapters.kafka_errors import BrokerUnreachableError
from pipeline.cli.broker import on_broker
from pipeline.cli.exits import ExitCode


async def _interrupted(error: type[BaseException]) -> None:
    """What takes the cancellation for a failure, and leaves the loop with something to complain of."""
    try:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        asyncio.get_running_loop().call_soon(_fail)
        raise error("no Kafka") from None


def _fail(*_: Any) -> None:
    raise asyncio.InvalidStateError


@pytest.mark.parametrize("error", [BrokerUnreachableError, asyncio.CancelledError])
def test_it_is_neither_an_error_nor_a_complaint(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(KeyboardInterrupt):
        on_broker(_interrupted(error), "--bootstrap-servers")
    assert caplog.records == []


def test_else_both_are_told(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        asyncio.get_running_loop().call_soon(_fail)
        await asyncio.sleep(0)
        raise BrokerUnreachableError("no Kafka")

    with pytest.raises(typer.Exit) as ended:
        on_broker(fails(), "--bootstrap-servers")
    assert ended.value.exit_code == ExitCode.UNREACHABLE
    assert "Exception in callback" in caplog.text
