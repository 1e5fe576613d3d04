"""What goes wrong between us and the broker while the pipeline runs, as LogUnavailable."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from aiokafka.errors import (
    CommitFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from pipeline.ports import LogUnavailable

_FEW_REPLICAS: Final = "fewer replicas are in sync than the topic's min.insync.replicas asks for"
_MENDED_BY: Final[Mapping[type[Exception], str]] = {
    MessageSizeTooLargeError: "the topic's max.message.bytes is too small",
    NotEnoughReplicasAfterAppendError: _FEW_REPLICAS,
    NotEnoughReplicasError: _FEW_REPLICAS,
    TopicAuthorizationFailedError: "the user lacks the right to do that",
    UnknownTopicOrPartitionError: "the topic is gone or has not so many partitions",
}


@contextmanager
def log_errors(what: str) -> Iterator[None]:
    """Turn what goes wrong between us and the broker into LogUnavailable."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise LogUnavailable(f"{what}: {_why(error)}") from error


def _why(error: Exception) -> str:
    if isinstance(error, CommitFailedError):
        return "the group has rebalanced meanwhile"
    said = str(error) or type(error).__name__
    return f"{said}: {_MENDED_BY[type(error)]}" if type(error) in _MENDED_BY else said
