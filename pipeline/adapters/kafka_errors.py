"""aiokafka's errors become ours, here and nowhere else: each is a sentence for people."""

import asyncio
import logging
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aiokafka import errors


class BrokerError(Exception):
    """The broker did not do what was asked. The text says what and what to look at."""


class BrokerUnreachableError(BrokerError):
    """No broker answers."""


class BrokerRefusedError(BrokerError):
    """The broker answers and says no: to the user, to the user's rights, or to the request."""


class BrokerLacksError(BrokerError):
    """The broker does not know this kind of request."""


class TopicMissingError(BrokerError):
    """The topic does not exist."""


class PartitionMissingError(BrokerError):
    """The topic has no partition of this number."""


class ClientSettingsError(BrokerError):
    """Certificates or keys cannot be used as they are configured."""


_NO_ANSWER = (errors.KafkaConnectionError, errors.NodeNotReadyError, errors.KafkaTimeoutError, OSError)
_LOGIN = (errors.AuthenticationFailedError, errors.SaslAuthenticationFailed)
_MECHANISM = (
    errors.UnsupportedSaslMechanismError,
    errors.AuthenticationMethodNotSupported,
    errors.IllegalSaslStateError,
)
_RIGHTS = (
    errors.TopicAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
)
_UNKNOWN_REQUEST = (errors.IncompatibleBrokerVersion, errors.UnsupportedVersionError)


@contextmanager
def broker_errors(servers: Sequence[str]) -> Iterator[None]:
    """Translate what goes wrong inside. aiokafka's own log is held back: its last complaint is the cause.

    Raises BrokerError.
    """
    with _complaints() as complaints:
        try:
            yield
        except (errors.KafkaError, OSError) as error:
            cause = complaints.last if isinstance(error, errors.KafkaConnectionError) else None
            raise translated(cause or error, servers) from error


def translated(error: Exception, servers: Sequence[str]) -> BrokerError:
    """The error of ours that says the same."""
    where = ", ".join(servers)
    if isinstance(error, ssl.SSLError):
        return BrokerUnreachableError(f"no TLS connection to {where}: {_tls_said(error)}")
    if isinstance(error, _LOGIN):
        return BrokerRefusedError(f"{where} refuses the user or the password (kafka.security.sasl)")
    if isinstance(error, _MECHANISM):
        return BrokerRefusedError(f"{where} does not take this kind of login (kafka.security)")
    if isinstance(error, _RIGHTS):
        return BrokerRefusedError(f"{where} does not allow this user to do that: {_said(error)}")
    if isinstance(error, _UNKNOWN_REQUEST):
        return BrokerLacksError(f"{where} does not answer such a request: is it the demo's embedded broker?")
    if isinstance(error, _NO_ANSWER):
        return BrokerUnreachableError(f"no Kafka broker answers at {where}: {_said(error)}")
    return BrokerError(f"{where} answered: {_said(error)}")


def refused(code: int, message: str | None, what: str) -> BrokerError:
    """The error for a code in an answer; `what` was asked."""
    return BrokerRefusedError(f"{what}: {message or errors.for_code(code).__name__}")


def complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Handle what the loop complains of: not of an error that the client left in a future of its own.

    A producer that fails leaves its error there too (aiokafka's `_drain_waiter`, `_transaction_waiter`),
    with nobody to wait for it; whoever waits for an answer is told the same.
    """
    is_left = isinstance(context.get("exception"), errors.KafkaError) and "future" in context
    if not is_left or isinstance(context["future"], asyncio.Task):
        loop.default_exception_handler(context)


def _tls_said(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {getattr(error, 'verify_message', error)}"
    return getattr(error, "reason", None) or str(error)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


class _Complaints(logging.Handler):
    """Keeps the last exception that the client logged and swallowed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last: Exception | None = None

    def emit(self, record: logging.LogRecord) -> None:
        for argument in record.args if isinstance(record.args, tuple) else ():
            if isinstance(argument, Exception):
                self.last = argument


@contextmanager
def _complaints() -> Iterator[_Complaints]:
    logger, handler = logging.getLogger("aiokafka"), _Complaints()
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagated
