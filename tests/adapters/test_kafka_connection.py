"""A connection that a broker resets, in the moment before the Kafka client has noticed."""

import asyncio
import socket
import struct
from collections.abc import Callable

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import IncompatibleBrokerVersion, KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from pipeline.adapters.kafka_connection import tell_of_lost_connections

_VERSIONS = struct.pack(">hihhh", 0, 1, 3, 0, 1)
"""Of all requests such a broker knows the one for metadata: versions 0 to 1."""


async def _answer_versions(broker: socket.socket) -> socket.socket:
    """Take a connection and answer the question that the client begins with."""
    loop = asyncio.get_running_loop()
    connection, _ = await loop.sock_accept(broker)
    asked = await loop.sock_recv(connection, 4096)
    answer = asked[8:12] + _VERSIONS  # the number of the question, then what it asks for
    await loop.sock_sendall(connection, struct.pack(">i", len(answer)) + answer)
    return connection


async def _sent_on_a_reset_connection() -> BaseException | None:
    """What a request comes to that is made as soon as the connection is lost."""
    tell_of_lost_connections()
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as broker:
        broker.setblocking(False)  # noqa: FBT003 (the standard library takes it so)
        host, port = broker.getsockname()
        answering = asyncio.create_task(_answer_versions(broker))
        connection = await create_conn(host, port)
        outcome: asyncio.Future[BaseException | None] = loop.create_future()

        def send() -> None:
            assert connection.connected(), "the client has not noticed"
            outcome.set_result(_error_of(connection))

        lose: Callable[[Exception | None], None] = connection._protocol.connection_lost

        def lost(error: Exception | None) -> None:
            lose(error)
            loop.call_soon(send)

        connection._protocol.connection_lost = lost
        with await answering as other_side:
            other_side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        error = await outcome
        await connection.close()
        return error


def _error_of(connection: AIOKafkaConnection) -> BaseException | None:
    try:
        connection.send(MetadataRequest([])).close()
    except (KafkaConnectionError, RuntimeError) as error:
        return error
    return None


def test_a_request_on_a_reset_connection_tells_the_client_that_it_is_broken() -> None:
    """On uvloop, on which a worker runs, it raised what the client does not know."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        error = runner.run(_sent_on_a_reset_connection())

    assert isinstance(error, KafkaConnectionError)
    assert isinstance(error.__cause__, RuntimeError)


def test_the_client_is_told_but_once() -> None:
    for _ in range(2):
        tell_of_lost_connections()

    assert not hasattr(AIOKafkaConnection.send.__wrapped__, "__wrapped__")


async def test_what_the_client_itself_tells_stays_as_it_is() -> None:
    """A broker that does not know a request: the client asks it another way."""
    tell_of_lost_connections()
    connection = AIOKafkaConnection("127.0.0.1", 1)
    connection._writer = object()

    with pytest.raises(IncompatibleBrokerVersion):
        connection.send(MetadataRequest([]))
    connection._writer = None
