"""What the engine needs from the outside, as protocols; `pipeline.adapters` makes them real."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.core.audit_record import AuditRecord
from pipeline.core.commit import CommitMetadata, Committed, LogRange
from pipeline.core.exchange import Exchange
from pipeline.core.outcome import Decided
from pipeline.core.record import Headers, Record, TopicPartition
from pipeline.core.trace import TraceContext
from pipeline.core.value import value_class


class Destination(Protocol):
    """Where requests go: Kameleoon, the sandbox, a fake."""

    def send(self, body: bytes, trace: TraceContext | None = None) -> Awaitable[Exchange]:
        """Make one POST, which carries `trace`. Raises nothing but CancelledError."""

    def check_credentials(self) -> Awaitable[Exchange]:
        """Ask whether the endpoint knows the key (reference: 6.2). Raises nothing but CancelledError."""

    async def close(self) -> None:
        """Give the connections back."""


class LogUnavailable(Exception):  # noqa: N818 (it is a state of the broker, not a mistake)
    """The broker did not acknowledge or answer; what was written may or may not stand."""


@value_class
class LogEntry:
    """A record to append: the audit topic's key and value."""

    key: bytes | None = field(repr=False)
    value: bytes = field(repr=False)


class AuditLog(Protocol):
    """The audit topic: append with acknowledgement, and read back."""

    async def append(self, partition: int, entries: Sequence[LogEntry]) -> Sequence[int]:
        """Append in order; answers each entry's offset once all replicas have it.

        Raises LogUnavailable when the outcome is not known: never append the same again.
        """

    async def ranges(self, partitions: Iterable[int]) -> Mapping[int, LogRange]:
        """What each partition holds now. Raises LogUnavailable."""

    def read(self, partition: int, begin: int, end: int) -> AsyncIterator[tuple[int, bytes]]:
        """Offsets and values from `begin` up to and without `end`. Raises LogUnavailable."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An original to keep: the record's key and bytes, untouched, and what befell it."""

    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: Headers = field(repr=False)


class DeadLetters(Protocol):
    """The dead-letter topic."""

    async def append(self, letters: Sequence[DeadLetter]) -> None:
        """Append with acknowledgement. Raises LogUnavailable."""


@dataclass(frozen=True, slots=True)
class Commit:
    """An offset to commit and what is said with it."""

    offset: int
    metadata: CommitMetadata


class ConsumerGroup(Protocol):
    """The consumer group's offsets and the events topic's bounds."""

    async def committed(
        self, partitions: Iterable[TopicPartition]
    ) -> Mapping[TopicPartition, Committed | None]:
        """The group's commits. Raises LogUnavailable when they cannot be read."""

    async def ranges(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, LogRange]:
        """What the partitions hold now. Raises LogUnavailable."""

    async def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Commit all or some. Raises LogUnavailable."""


class Timer(Protocol):
    """Something set to happen later."""

    def cancel(self) -> None:
        """Let it not happen."""


class Clock(Protocol):
    """The only source of time."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""

    def monotonic_s(self) -> float:
        """Seconds that never go back."""

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call back once, after the delay."""

    async def sleep(self, delay_s: float) -> None:
        """Return after the delay."""


class Journey(Protocol):
    """The trace of one record, from source to audit. Nothing of it waits for anything."""

    @property
    def context(self) -> TraceContext:
        """What goes on with the record itself."""

    def send(self, mapping: str, attempt: int, events: int) -> TraceContext:
        """A request is made for it, the `attempt`-th, with so many events; answers what that carries."""

    def answer(self, exchange: Exchange, *, is_accepted: bool) -> None:
        """The request has ended."""

    def conclude(self, outcome: AuditRecord) -> None:
        """One of its outcomes stands on the audit topic."""

    def end(self, *, is_settled: bool) -> None:
        """All of them do; or else another worker goes on with the record."""


class Tracer(Protocol):
    """Where traces go."""

    def begin(self, record: Record, decided: Decided, received_at_ms: int) -> Journey | None:
        """The journey of a record just decided on; None where it is not traced and carries no trace."""

    async def close(self) -> None:
        """Hand over what is left, within seconds."""
