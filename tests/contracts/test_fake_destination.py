"""What the fake gives to tests beyond the port: a gate, a record, a switch."""

import asyncio

import pytest

from pipeline.core.exchange import Answer
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.segment_bodies import body


async def test_held_answers_go_out_in_the_order_and_number_that_the_test_says() -> None:
    gate = HeldAnswers()
    destination = FakeDestination(gate=gate)
    bodies = [body(f"m-{n}") for n in range(3)]
    sending = [asyncio.create_task(destination.send(content)) for content in bodies]
    await gate.until(3)
    assert (destination.sent, destination.exchanges, destination.in_flight) == (bodies, [], 3)
    gate.release(1)
    assert await sending[0] == Answer(200, None, b"{}")
    assert gate.held == bodies[1:]
    gate.open()
    await asyncio.gather(*sending)
    assert await destination.send(bodies[0]) == Answer(200, None, b"{}")
    assert (destination.in_flight, destination.max_in_flight) == (0, 3)


async def test_a_cancelled_send_is_no_longer_in_flight() -> None:
    gate = HeldAnswers()
    destination = FakeDestination(gate=gate)
    sending = asyncio.create_task(destination.send(body()))
    await gate.until(1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert (destination.in_flight, gate.held) == (0, [])


async def test_the_step_of_a_story_is_taken_when_the_request_is_sent() -> None:
    """So the answers may be let go in another order than the sends."""
    gate = HeldAnswers()
    destination = FakeDestination(gate=gate)
    sending = [asyncio.create_task(destination.send(body("a", status="429,200"))) for _ in range(2)]
    await gate.until(2)
    gate.open()
    answers = await asyncio.gather(*sending)
    assert [answer.status for answer in answers if isinstance(answer, Answer)] == [429, 200]


async def test_any_object_is_an_event_and_other_bodies_are_refused() -> None:
    destination = FakeDestination()
    answers = [await destination.send(content) for content in (b"{}", b"[]", b"[{}]", b"5", b"{")]
    assert [answer.status for answer in answers if isinstance(answer, Answer)] == [200, 200, 200, 400, 400]
