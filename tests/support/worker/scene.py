"""A pipeline of a test's own: four topics, a sandbox, configurations, workers, and its accounts."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import yaml
from aiokafka import ConsumerRecord

from pipeline.adapters.kafka_admin import open_admin
from pipeline.adapters.sandbox import Expectation, Sandbox, SandboxSettings
from pipeline.config.kafka import Kafka
from tests.support.configuration import API_KEY, SITECODE
from tests.support.kafka.broker import Broker
from tests.support.waiting import until
from tests.support.worker.accounts import Account, AuditBook, account
from tests.support.worker.operator import Operator
from tests.support.worker.process import RUN, Worker
from tests.support.worker.topic import Letter, TopicReader, produce, read_topic

REMEMBERED: Final = 200_000
_QUICK: Final = {"retry": {"first": "20ms", "cap": "200ms"}}


def sandbox_settings(port: int = 0) -> SandboxSettings:
    """A sandbox that checks the test's credentials, takes arrays and forgets nothing."""
    expected = Expectation(api_key=API_KEY, sitecode=SITECODE, arrays=True)
    return SandboxSettings(port=port, expected=expected, remember=REMEMBERED)


class Scene:
    """Everything that one test of the running pipeline needs; `open_scene` makes one."""

    def __init__(self, broker: Broker, sandbox: Sandbox, folder: Path, prefix: str) -> None:
        roles = ("events", "audit", "dead_letters", "replays")
        self.broker = broker
        self.sandbox = sandbox
        self.prefix = prefix
        self.partitions = 0
        self.operator = Operator(broker.bootstrap_servers)
        self._folder = folder
        self._workers: list[Worker] = []
        self._numbers = itertools.count(1)
        self.kafka = Kafka.model_validate(
            {
                "bootstrap_servers": broker.bootstrap_servers,
                "topics": {role: f"{prefix}-{role}" for role in roles},
                "max_record_bytes": "8MiB",
                "session_timeout": "6s",
            }
        )

    @property
    def servers(self) -> str:
        return self.broker.bootstrap_servers

    async def make_topics(self, partitions: int, events: Mapping[str, str]) -> None:
        """The events topic with settings of its own, the others as their contract has them."""
        self.partitions = partitions
        self.broker.topic(partitions, events, name=self.kafka.topics.events)
        await self.apply_topics()

    async def apply_topics(self) -> None:
        """What `topics apply` does, told how many partitions there are: a node may not know the topic yet."""
        async with open_admin(self.kafka) as admin:
            changes = (await admin.plan(self.partitions)).changes
            for change in changes:
                await admin.apply(change)
            for change in changes:
                await admin.wait_until_seen(change)

    def config(self, name: str = "pipeline", **sections: Any) -> Path:
        """A configuration file. `sections` are laid over what a test of these topics needs."""
        kafka = {
            "bootstrap_servers": self.servers,
            "group": self.pipeline(name),
            "session_timeout": "6s",
            "topics": self.kafka.topics.model_dump(),
            **sections.pop("kafka", {}),
        }
        delivery = {"endpoint": self.sandbox.endpoint, **_QUICK, **sections.pop("delivery", {})}
        destination = {"api_key": API_KEY, "sitecode": SITECODE}
        admin = {"listen": "off"}
        whole = {"destination": destination, "kafka": kafka, "delivery": delivery, "admin": admin, **sections}
        file = self._folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(whole, sort_keys=False))
        return file

    def start(self, config: Path, program: Sequence[str] = RUN, options: Sequence[str] = ()) -> Worker:
        """Start a worker; it is ended with the scene at the latest."""
        worker = Worker(config, self._folder / f"worker-{next(self._numbers)}.log", program, options)
        self._workers.append(worker)
        return worker

    async def alter(self, topic: str, settings: Mapping[str, str]) -> None:
        """Give a topic other settings, and wait until they are in force."""
        self.operator.alter(topic, settings)
        async with open_admin(self.kafka) as admin:
            while True:
                found = (await admin.present([topic]))[topic].settings or {}
                if settings.items() <= found.items():
                    return

    async def started(self, config: Path, *options: str) -> Worker:
        """Start a worker and wait until it has opened all partitions."""
        worker = self.start(config, options=options)
        await worker.ready(self.partitions)
        return worker

    async def shared_out(self, workers: Sequence[Worker], timeout_s: float = 60.0) -> None:
        """Return when the workers, each with some, hold every partition once."""
        whole = list(range(self.partitions))

        def is_shared() -> bool:
            held = [worker.held for worker in workers]
            return all(held) and sorted(number for each in held for number in each) == whole

        await until(is_shared, "the partitions are shared out", timeout_s)

    async def produce(self, letters: Sequence[Letter], **options: Any) -> None:
        """Put the letters on the events topic."""
        await produce(self.servers, self.kafka.topics.events, letters, **options)

    async def events(self) -> list[ConsumerRecord]:
        """What stands on the events topic, committed."""
        return await read_topic(self.servers, self.kafka.topics.events, self.partitions)

    async def dead_letters(self) -> list[ConsumerRecord]:
        return await read_topic(self.servers, self.kafka.topics.dead_letters, self.partitions)

    def pipeline(self, name: str = "pipeline") -> str:
        """How the pipeline of the configuration of this name calls itself on the audit topic."""
        return f"{self.prefix}-{name}"

    async def book(self, name: str = "pipeline") -> AuditBook:
        """What the pipeline has audited by now."""
        book = AuditBook(self.pipeline(name))
        book.take(await read_topic(self.servers, self.kafka.topics.audit, self.partitions))
        return book

    async def accounted(self, count: int, name: str = "pipeline", timeout_s: float = 40.0) -> None:
        """Return when so many records (times passes) have all their outcomes on the audit topic."""
        await self.audited(lambda book: book.complete >= count, name, timeout_s)

    async def audited(
        self, condition: Callable[[AuditBook], bool], name: str = "pipeline", timeout_s: float = 40.0
    ) -> None:
        """Return when the audit fulfils a condition."""
        book, taken = AuditBook(self.pipeline(name)), 0
        reader = TopicReader(self.servers, self.kafka.topics.audit)
        await reader.start(self.partitions)
        try:
            async with asyncio.timeout(timeout_s):
                while not condition(book):
                    await reader.poll()
                    book.take(reader.records[taken:])
                    taken = len(reader.records)
        except TimeoutError:
            tails = "\n".join(worker.tail() for worker in self._workers)
            raise AssertionError(f"{book.complete} records are accounted for, too few\n{tails}") from None
        finally:
            await reader.stop()

    async def account(self, name: str = "pipeline", *, passes: int = 1) -> Account:
        """Hold all that was produced against the audit and what the sandbox received."""
        outcomes = (await self.book(name)).outcomes
        return account(await self.events(), outcomes, self.sandbox.received(), passes=passes)

    async def beyond_audit(self, name: str = "pipeline") -> list[tuple[int, int]]:
        """The records below the committed offsets that the audit does not hold: there may be none, ever."""
        commits = await self.operator.commits(self.pipeline(name), self.kafka.topics.events)
        audited = {outcome.place for outcome in (await self.book(name)).outcomes}
        below = [
            (event.partition, event.offset)
            for event in await self.events()
            if event.partition in commits and event.offset < commits[event.partition][0]
        ]
        return [place for place in below if place not in audited]

    async def arrived(self, count: int, timeout_s: float = 30.0) -> None:
        """Return when the sandbox has received so many requests."""
        await until(lambda: len(self.sandbox.received()) >= count, f"{count} requests", timeout_s)

    async def rebalancing(self, name: str = "pipeline", timeout_s: float = 30.0) -> None:
        """Return when the group waits for its members to give their partitions back."""
        group = self.pipeline(name)
        await until(lambda: self.operator.is_rebalancing(group), f"{group} rebalances", timeout_s)

    def clear_away(self) -> None:
        """End every worker."""
        for worker in self._workers:
            worker.clear_away()

    def delete_topics(self) -> None:
        """Remove the topics that the broker fixture does not know of."""
        ours = set(self.kafka.topics.model_dump().values()) - set(self.broker._made)
        self.broker.admin.delete_topics([name for name in ours if self.broker.admin.partitions(name)])


@asynccontextmanager
async def open_scene(
    broker: Broker, folder: Path, prefix: str, partitions: int = 4, events: Mapping[str, str] | None = None
) -> AsyncIterator[Scene]:
    """Topics and a sandbox; at the end no process and no topic is left. `events`: settings of that topic."""
    async with Sandbox(sandbox_settings()) as sandbox:
        scene = Scene(broker, sandbox, folder, prefix)
        try:
            await scene.make_topics(partitions, events or {})
            yield scene
        finally:
            scene.clear_away()
            scene.delete_topics()
