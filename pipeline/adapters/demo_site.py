"""What the demo runs on: embedded broker, stand-in for Kameleoon, worker. Gone when it is closed."""

import base64
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer

from pipeline.adapters.embedded_broker import embedded_broker
from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_errors import broker_errors
from pipeline.adapters.sandbox import Expectation, Sandbox, SandboxSettings
from pipeline.adapters.worker_process import WorkerProcess, running_worker
from pipeline.config.examples import example
from pipeline.config.kafka import Kafka, Topics
from pipeline.config.loader import load_config
from pipeline.config.model import Config
from pipeline.core.audit import Position
from pipeline.core.visitor_key import visitor_key

_API_KEY: Final = base64.b64encode(b'{"demo":"no account"}').decode()
_SITECODE: Final = "demo000000"
_TOMBSTONE_KEY: Final = b"demo-visitor"


@dataclass(frozen=True, slots=True)
class DemoSite:
    """The running parts; the worker gives its partitions back within `drain_s` when it is stopped."""

    kafka: Kafka
    sandbox: Sandbox
    worker: WorkerProcess
    drain_s: float

    @property
    def broker(self) -> str:
        """The broker's host:port."""
        return ",".join(self.kafka.bootstrap_servers)

    @property
    def accepted(self) -> int:
        """The events that the stand-in has taken."""
        return sum(
            request.status == HTTPStatus.OK and request.fault == "none" for request in self.sandbox.received()
        )


@asynccontextmanager
async def open_demo_site() -> AsyncIterator[DemoSite]:
    """Start all three; at the end no process, port or file is left. Raises EmbeddedBrokerMissingError."""
    names = Topics().model_dump().values()
    told = SandboxSettings(expected=Expectation(_API_KEY, _SITECODE))
    with tempfile.TemporaryDirectory(prefix="kameleoon-demo-") as folder, embedded_broker(names) as broker:
        async with Sandbox(told) as sandbox:
            environment = _environment(broker, sandbox.endpoint)
            config = _configure(Path(folder, "demo.yaml"), environment)
            async with running_worker(
                Path(config.file),
                environment,
                Path(folder, "worker.log"),
                drain_s=config.delivery.drain_s,
            ) as worker:
                yield DemoSite(config.kafka, sandbox, worker, config.delivery.drain_s)


def _environment(broker: str, endpoint: str) -> dict[str, str]:
    return {
        "KAMELEOON_API_KEY": _API_KEY,
        "KAMELEOON_SITECODE": _SITECODE,
        "KAMELEOON_ENDPOINT": endpoint,
        "KAFKA_BOOTSTRAP_SERVERS": broker,
    }


def _configure(file: Path, environment: Mapping[str, str]) -> Config:
    file.write_text(example("demo"), encoding="utf-8")
    return load_config(file, environment)


def sample_lines() -> list[list[bytes]]:
    r"""The captured events of each SDK: a file's lines, split at \n only."""
    found = sorted(files("pipeline").joinpath("samples").iterdir(), key=lambda file: file.name)
    return [
        file.read_bytes().removesuffix(b"\n").split(b"\n") for file in found if file.name.endswith(".jsonl")
    ]


async def put(kafka: Kafka, values: Sequence[bytes | None]) -> list[Position]:
    """Put the values on the events topic, keyed by visitor; where each stands. Raises BrokerError."""
    topic = kafka.topics.events
    with broker_errors(kafka.bootstrap_servers):
        producer = AIOKafkaProducer(**client_options(kafka), enable_idempotence=True)
        try:
            await producer.start()
            sent = [await producer.send(topic, value, _key(value)) for value in values]
            stored = [await one for one in sent]
        finally:
            await producer.stop()
    return [Position(topic, record.partition, record.offset) for record in stored]


def _key(value: bytes | None) -> bytes | None:
    return _TOMBSTONE_KEY if value is None else visitor_key(value)
