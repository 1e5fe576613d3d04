"""Kafka and the corpora on it: made once, used by every run."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from confluent_kafka import Producer

from bench.corpus.events import events
from bench.corpus.shapes import body_of, preset_plan
from bench.processes import CACHE
from pipeline.core.visitor_key import visitor_key
from tests.support.kafka.broker import Broker
from tests.support.kafka.sources import find_source
from tests.support.kafka.unavailable import Unavailable

PARTITIONS: Final = 6
_SEED: Final = 1
_FLUSH_S: Final = 120
_TICK_S: Final = 0.01
"""Events are paced in ticks: smaller ones cost the broker a request each, and so the contender its core."""

_LARGE: Final = {"max.message.bytes": str(1_048_588 + 64 * 1024)}


@dataclass(frozen=True, slots=True)
class Corpus:
    """So many events: as a file, and as the bodies of the requests that are due (`deliveries` of them)."""

    events_file: Path
    bodies_file: Path
    events: int
    deliveries: int


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics that one run writes, beside the one that it reads."""

    audit: str
    dead_letters: str
    replays: str


def make_corpus(count: int) -> Corpus:
    """The corpus of that size; its files are made the first time."""
    folder = CACHE / f"corpus-{count}-{_SEED}"
    told = folder / "deliveries"
    corpus_files = folder / "events.jsonl", folder / "bodies.jsonl"
    if not told.exists():
        folder.mkdir(parents=True, exist_ok=True)
        told.write_text(str(_write(count, *corpus_files)))
    return Corpus(*corpus_files, count, int(told.read_text()))


def _write(count: int, events_file: Path, bodies_file: Path) -> int:
    plan, deliveries = preset_plan(), 0
    with events_file.open("wb") as event_lines, bodies_file.open("wb") as body_lines:
        for event in events(plan, count, _SEED):
            event_lines.write(event + b"\n")
            body = body_of(plan, event)
            if body is not None:
                deliveries += 1
                body_lines.write(body + b"\n")
    return deliveries


class Stage:
    """A real broker; `topic_of` puts a corpus on it once."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._loaded: dict[int, str] = {}

    @property
    def servers(self) -> str:
        """Where the broker is."""
        return self._broker.bootstrap_servers

    @property
    def origin(self) -> str:
        """Which broker it is, in words."""
        return self._broker.origin

    def topic_of(self, corpus: Corpus) -> str:
        """The topic that holds the corpus, keyed by visitor."""
        if corpus.events not in self._loaded:
            topic = self._broker.topic(PARTITIONS)
            lines = corpus.events_file.open("rb")
            with lines:
                self._produce(topic, (line.rstrip(b"\n") for line in lines))
            self._loaded[corpus.events] = topic
        return self._loaded[corpus.events]

    def empty_topic(self) -> str:
        """An events topic to be filled while a contender reads."""
        return self._broker.topic(PARTITIONS)

    @contextmanager
    def topics(self) -> Iterator[Topics]:
        """Topics for one run's outcomes, deleted behind it."""
        names = [f"run-{role}-{secrets.token_hex(4)}" for role in ("audit", "dead-letters", "replays")]
        admin = self._broker.admin
        for name in names:
            admin.create_topic(name, PARTITIONS, self._broker.copies, _LARGE)
        try:
            yield Topics(*names)
        finally:
            admin.delete_topics(names)

    def pace(self, topic: str, lines: list[bytes], rate: float) -> dict[str, float]:
        """Produce the lines at a rate; message id → the time that its record carries."""
        producer = self._producer(linger_ms=1)
        sent: dict[str, float] = {}
        began_s = time.time()
        for number, line in enumerate(lines):
            if (ahead_s := began_s + number / rate - time.time()) > 0:
                producer.poll(0)
                time.sleep(max(ahead_s, _TICK_S))
            now_s = time.time()
            sent[orjson.loads(line)["messageId"]] = now_s
            producer.produce(topic, line, visitor_key(line), timestamp=int(now_s * 1000))
        producer.flush(_FLUSH_S)
        return sent

    def _produce(self, topic: str, lines: Iterator[bytes]) -> None:
        producer = self._producer(linger_ms=50)
        for line in lines:
            while True:
                try:
                    producer.produce(topic, line, visitor_key(line))
                    break
                except BufferError:
                    producer.poll(0.1)
        if left := producer.flush(_FLUSH_S):
            raise TimeoutError(f"{left} events were not acknowledged")

    def _producer(self, linger_ms: int) -> Producer:
        return Producer(
            {"bootstrap.servers": self.servers, "linger.ms": linger_ms, "queue.buffering.max.kbytes": 200_000}
        )


@contextmanager
def open_stage(folder: Path) -> Iterator[Stage]:
    """Apache Kafka for the time of the block. Raises Unavailable where there is but the embedded broker."""
    source = find_source().source
    with source.start(folder / "kafka") as broker:
        if not broker.is_real:
            raise Unavailable(
                "the bench needs Apache Kafka: Java 17 and Maven, Docker, or KAFKA_BOOTSTRAP_SERVERS"
            )
        try:
            yield Stage(broker)
        finally:
            broker.delete_topics()
