"""A worker with a name of its own in its group, and another that has taken the name."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from pipeline.adapters.kafka_log_errors import log_errors
from pipeline.engine.opening import StartRefusedError

_BEHIND_THE_NAME: Final = "-[0-9a-f-]{36}"
"""The broker names a named member after its `group_instance_id` and a UUID."""


class Membership:
    """Tells when another process has joined under this one's `kafka.group_instance_id`.

    The broker gives a named member's place to whoever joins last under the name, and the client
    that lost it would join again: the two would evict each other for ever.
    """

    def __init__(
        self, group: str, instance: str | None, consumer: AIOKafkaConsumer, options: Mapping[str, Any]
    ) -> None:
        self.group = group
        self._instance = instance
        self._consumer = consumer
        self._options = options
        self._member = ""

    def joined(self) -> None:
        """Note as which member this process has just been given its partitions."""
        self._member = self._current

    @property
    def is_lost(self) -> bool:
        """Whether this process was a member, and the group knows it no longer."""
        return bool(self._member) and not self._current

    @property
    def _current(self) -> str:
        return str(self._consumer._coordinator.member_id)  # noqa: SLF001 (no public call tells it)

    async def check(self) -> None:
        """Ask the group who has the name now. Raises StartRefusedError when another has; LogUnavailable."""
        if self._instance is None or not self.is_lost:
            return
        named = re.compile(re.escape(self._instance) + _BEHIND_THE_NAME)
        if any(named.fullmatch(member) and member != self._member for member in await self._members()):
            raise StartRefusedError(
                f"another worker has joined {self.group} with kafka.group_instance_id {self._instance}: "
                "each worker needs one of its own, or none"
            )

    async def _members(self) -> list[str]:
        with log_errors(f"reading the members of {self.group}"):
            admin = AIOKafkaAdminClient(**self._options)
            try:
                await admin.start()
                answers = await admin.describe_consumer_groups([self.group])
            finally:
                await admin.close()
        return [member[0] for answer in answers for told in answer.groups for member in told[5]]
