"""How every Kafka client of ours is told to connect, and how a consumer disconnects."""

import asyncio
import ssl
from typing import Any

from aiokafka import AIOKafkaConsumer

from pipeline.adapters.kafka_connection import tell_of_lost_connections
from pipeline.adapters.kafka_errors import ClientSettingsError
from pipeline.adapters.kafka_headers import accept_any_header_names
from pipeline.config.kafka import Kafka, Security, Tls


def client_options(kafka: Kafka) -> dict[str, Any]:
    """Keyword arguments that aiokafka's consumer, producer and admin client share.

    Raises ClientSettingsError where certificates or keys cannot be read.
    """
    accept_any_header_names()
    tell_of_lost_connections()
    options: dict[str, Any] = {
        "bootstrap_servers": list(kafka.bootstrap_servers),
        "client_id": kafka.client_id,
        "security_protocol": kafka.security.protocol,
    }
    if kafka.security.protocol.endswith("SSL"):
        options["ssl_context"] = _tls_context(kafka.security.tls or Tls())
    if kafka.security.protocol.startswith("SASL"):
        options |= _sasl(kafka.security)
    return options


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Disconnect.

    The client waits for fetches that it has cancelled. One that has just failed, since its node is
    gone, passes that on, as if whoever closes had been cancelled; and then the connections stay open.
    """
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.wait({stopping})
    if stopping.cancelled():
        await consumer._client.close()  # noqa: SLF001 (stop() can be called but once)
    else:
        stopping.result()


def _sasl(security: Security) -> dict[str, Any]:
    sasl = security.sasl
    if sasl is None or sasl.password is None:
        raise ClientSettingsError(f"{security.protocol} needs kafka.security.sasl with user and password")
    return {
        "sasl_mechanism": sasl.mechanism,
        "sasl_plain_username": sasl.username,
        "sasl_plain_password": sasl.password.get_secret_value(),
    }


def _tls_context(tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ClientSettingsError(f"kafka.security.tls.ca_file {tls.ca_file}: {_why(error)}") from error
    if tls.certificate_file is None:
        return context
    # an empty password keeps OpenSSL from asking for one on the terminal
    password = tls.key_password.get_secret_value() if tls.key_password else ""
    try:
        context.load_cert_chain(tls.certificate_file, tls.key_file, password)
    except (OSError, ssl.SSLError) as error:
        files = f"certificate_file {tls.certificate_file} with key_file {tls.key_file}"
        raise ClientSettingsError(f"kafka.security.tls.{files}: {_why(error)}") from error
    return context


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "reason", None) or "not PEM").lower().replace("_", " ")
    return (error.strerror or str(error)).lower()
