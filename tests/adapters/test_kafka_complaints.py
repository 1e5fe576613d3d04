"""What the loop complains of while a client fails: not of the errors that the client left behind."""

import asyncio

import pytest
from aiokafka.errors import KafkaError, ProducerFenced

from pipeline.adapters.kafka_errors import complain


@pytest.fixture(autouse=True)
async def _complains() -> None:
    asyncio.get_running_loop().set_exception_handler(complain)


async def _leave(error: Exception) -> None:
    asyncio.get_running_loop().create_future().set_exception(error)


async def test_an_error_that_the_client_left_is_told_by_who_waits(caplog: pytest.LogCaptureFixture) -> None:
    await _leave(ProducerFenced())
    assert caplog.records == []


async def test_an_error_of_ours_that_nobody_waited_for_is_told(caplog: pytest.LogCaptureFixture) -> None:
    await _leave(ValueError("ours"))
    assert "Future exception was never retrieved" in caplog.text


async def test_a_task_that_ended_in_an_error_of_the_client_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise KafkaError

    await asyncio.wait([asyncio.create_task(fails())])
    await asyncio.sleep(0)
    assert "Task exception was never retrieved" in caplog.text


async def test_a_callback_that_ended_in_one_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> None:
        raise KafkaError

    asyncio.get_running_loop().call_soon(fails)
    await asyncio.sleep(0)
    assert "Exception in callback" in caplog.text
