"""A broker as a test sees it, wherever it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from pipeline.adapters.embedded_broker import PARTITIONS
from tests.support.kafka.admin import Admin


@dataclass(frozen=True)
class Broker:
    """One cluster, ready for use.

    `origin` says where it came from, in words. Not `is_real`: librdkafka's embedded broker, which
    has no transactions to speak of, no topic settings, and topics of four partitions only.
    """

    bootstrap_servers: str
    origin: str
    is_real: bool = True
    copies: int = 1
    admin: Admin = field(init=False, repr=False)
    _made: list[str] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "admin", Admin(self.bootstrap_servers))

    def topic(
        self,
        partitions: int = PARTITIONS,
        config: Mapping[str, str] | None = None,
        *,
        name: str | None = None,
    ) -> str:
        """Make a topic that no other test has, with a leader for each partition; its name."""
        name = name or f"topic-{uuid4().hex[:12]}"
        if not self.is_real:
            self._embedded_topic(name, partitions, config)
            return name
        self.admin.create_topic(name, partitions, self.copies, config or {})
        self._made.append(name)
        return name

    def _embedded_topic(self, name: str, partitions: int, config: Mapping[str, str] | None) -> None:
        if config or partitions != PARTITIONS:
            pytest.skip(f"the embedded broker makes topics of {PARTITIONS} partitions, without settings")
        if self.admin.partitions(name) != partitions:
            raise RuntimeError(f"the embedded broker made {name} otherwise")

    def delete_topics(self) -> None:
        """Remove what `topic` made: a broker that outlives the tests is left as it was."""
        self.admin.delete_topics(self._made)
        self._made.clear()
