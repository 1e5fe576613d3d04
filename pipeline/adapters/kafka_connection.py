"""A connection to a broker that was just lost, as the Kafka client has to be told of it."""

from functools import wraps
from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError


def tell_of_lost_connections() -> None:
    """Have a request on a connection that the other side has reset end as one on a broken connection.

    For a moment the client takes such a connection for open. asyncio's own transports drop what is written
    then; uvloop's raise RuntimeError, which the client does not know: it ended the task that looks for the
    brokers, and a worker never found them again.
    """
    for name in ("send", "_send_sasl_token"):
        send = getattr(AIOKafkaConnection, name)
        if not hasattr(send, "__wrapped__"):
            setattr(AIOKafkaConnection, name, _told(send))


def _told(send: Any) -> Any:
    @wraps(send)
    def sent(connection: AIOKafkaConnection, *request: Any, **options: Any) -> Any:
        try:
            return send(connection, *request, **options)
        except KafkaError:  # a RuntimeError as well, which the client knows
            raise
        except RuntimeError as error:
            connection.close(reason=CloseReason.CONNECTION_BROKEN, exc=error)
            raise KafkaConnectionError(f"Connection at {connection.host}:{connection.port} lost") from error

    return sent
