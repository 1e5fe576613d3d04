import asyncio
import logging
import ssl
from pathlib import Path
from typing import Any

import pytest
from aiokafka import errors

from pipeline.adapters.kafka_client import client_options, stop_consumer
from pipeline.adapters.kafka_errors import (
    BrokerError,
    BrokerLacksError,
    BrokerRefusedError,
    BrokerUnreachableError,
    ClientSettingsError,
    broker_errors,
)
from pipeline.config.kafka import Kafka

CERTIFICATE = str(Path(__file__).parents[1] / "support" / "loopback_certificate.pem")
SERVERS = ["kafka:9092"]


def _options(**security: Any) -> dict[str, Any]:
    section = {"bootstrap_servers": "a:1,b:2", "client_id": "web", "security": security}
    return client_options(Kafka.model_validate(section))


def test_without_security_a_client_is_told_the_servers_and_its_name() -> None:
    assert _options() == {
        "bootstrap_servers": ["a:1", "b:2"],
        "client_id": "web",
        "security_protocol": "PLAINTEXT",
    }


def test_user_and_password_are_handed_over() -> None:
    sasl = {"mechanism": "SCRAM-SHA-512", "username": "web", "password": "secret"}

    options = _options(protocol="SASL_PLAINTEXT", sasl=sasl)

    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("web", "secret")


def test_tls_verifies_the_broker_and_its_name() -> None:
    context = _options(protocol="SSL")["ssl_context"]

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_login_without_a_password_is_refused() -> None:
    with pytest.raises(ClientSettingsError, match=r"SASL_SSL needs kafka.security.sasl"):
        _options(protocol="SASL_SSL")


@pytest.mark.parametrize("key", ["ca_file", "certificate_file"])
def test_a_file_that_is_no_certificate_is_named(tmp_path: Path, key: str) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("not PEM")

    with pytest.raises(ClientSettingsError, match=rf"kafka.security.tls.{key} \S*broken.pem"):
        _options(protocol="SSL", tls={"ca_file": CERTIFICATE, key: str(broken)})


@pytest.mark.parametrize(
    "error,expected",
    [
        (errors.KafkaConnectionError("refused"), BrokerUnreachableError),
        (errors.NodeNotReadyError(), BrokerUnreachableError),
        (ConnectionResetError(), BrokerUnreachableError),
        (TimeoutError(), BrokerUnreachableError),
        (ssl.SSLCertVerificationError("no"), BrokerUnreachableError),
        (errors.SaslAuthenticationFailed(), BrokerRefusedError),
        (errors.UnsupportedSaslMechanismError(), BrokerRefusedError),
        (errors.TopicAuthorizationFailedError("t"), BrokerRefusedError),
        (errors.IncompatibleBrokerVersion(), BrokerLacksError),
        (errors.InvalidTopicError("t"), BrokerError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_an_error_of_the_client_becomes_ours(error: Exception, expected: type[BrokerError]) -> None:
    with pytest.raises(BrokerError, match="kafka:9092") as raised, broker_errors(SERVERS):
        raise error

    assert type(raised.value) is expected


def test_what_the_client_only_logged_is_the_cause_of_a_failed_start() -> None:
    def start() -> None:
        logging.getLogger("aiokafka").error("Unable connect: %s", errors.SaslAuthenticationFailed())
        raise errors.KafkaConnectionError("unable to bootstrap")

    with pytest.raises(BrokerRefusedError), broker_errors(SERVERS):
        start()


def test_the_clients_own_log_is_held_back_only_inside(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("aiokafka")
    with broker_errors(SERVERS):
        logger.error("inside")
    logger.error("outside")

    assert [record.message for record in caplog.records] == ["outside"]


def test_what_is_no_error_of_the_broker_passes() -> None:
    with pytest.raises(ZeroDivisionError), broker_errors(SERVERS):
        raise ZeroDivisionError


class Consumer:
    """Stops as aiokafka's does: a fetch that has just failed waits a moment before it is tried again."""

    def __init__(self, *, is_fetching: bool) -> None:
        self._fetch = asyncio.create_task(asyncio.sleep(1e6)) if is_fetching else None
        self._client = self
        self.is_closed = False

    async def stop(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()
            await self._fetch
        await self.close()

    async def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("is_fetching", [True, False])
async def test_whoever_disconnects_is_not_cancelled_by_the_client(is_fetching: bool) -> None:  # noqa: FBT001 (a case)
    consumer = Consumer(is_fetching=is_fetching)

    await stop_consumer(consumer)

    assert consumer.is_closed
