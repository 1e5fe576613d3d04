"""The compose file from the outside: events in, audit out, an orderly end."""

import asyncio
import json
from collections import Counter
from typing import Any
from urllib.request import urlopen

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.support.stack import Stack

pytestmark = [pytest.mark.compose, pytest.mark.timeout(600)]

_EVENTS = 20


def event(number: int) -> bytes:
    """A track event that the sandbox takes."""
    return json.dumps(
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": f"message-{number}",
            "userId": f"user-{number % 3}",
            "timestamp": "2026-01-02T03:04:05.678Z",
            "properties": {"kameleoonVisitorCode": f"visitor-{number % 3}"},
        }
    ).encode()


async def produce(stack: Stack, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=f"localhost:{stack.kafka_port}")
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait("segment-events", value)
    finally:
        await producer.stop()


async def read_audit(stack: Stack, count: int) -> list[dict[str, Any]]:
    consumer = AIOKafkaConsumer(
        "kameleoon-audit",
        bootstrap_servers=f"localhost:{stack.kafka_port}",
        auto_offset_reset="earliest",
    )
    outcomes: list[dict[str, Any]] = []
    await consumer.start()
    try:
        async with asyncio.timeout(60):
            while len(outcomes) < count:
                record = json.loads((await consumer.getone()).value)
                outcomes += [record] if "outcome" in record else []
    except TimeoutError:
        raise AssertionError(f"{len(outcomes)} of {count} outcomes\n{stack.logs()}") from None
    finally:
        await consumer.stop()
    return outcomes


def received(stack: Stack) -> int:
    with urlopen(f"http://127.0.0.1:{stack.sandbox_port}/_sandbox/requests") as answer:
        return len(json.load(answer)["requests"])


async def test_every_event_from_outside_is_audited_and_the_worker_ends_in_order(stack: Stack) -> None:
    await produce(stack, [*(event(number) for number in range(_EVENTS)), b"not an event"])

    outcomes = await read_audit(stack, _EVENTS + 1)

    assert Counter(record["outcome"] for record in outcomes) == {"delivered": _EVENTS, "rejected": 1}
    assert {record["message_id"] for record in outcomes if record["outcome"] == "delivered"} == {
        f"message-{number}" for number in range(_EVENTS)
    }
    assert received(stack) == _EVENTS
    stack.compose("stop", "worker")
    assert stack.exit_code("worker") == 0
