"""Whether a group without commits has worked before, as the audit topic tells.

A busy neighbour on the same audit topic may have buried its records, so a look at the newest ones
proves nothing. What is too much to read is an answer of its own: nobody guesses.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

import orjson

from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_log import KafkaAuditLog
from pipeline.config.kafka import Kafka
from pipeline.core.audit_decode import decode_audit
from pipeline.core.commit import LogRange

MOST_RECORDS: Final = 1_000_000
"""About ten seconds of reading."""

_WINDOW_RECORDS: Final = 50_000
_TIMEOUT_S: Final = 10.0


class History(Enum):
    """What the audit topic says of a group."""

    NONE = "not a record of it"
    WORKED = "records of it"
    UNREAD = "none was found, and not all was read"


async def read_history(
    kafka: Kafka, topic: str | None = None, *, most_records: int = MOST_RECORDS
) -> History:
    """Look for the group's records, the newest first, in all partitions alike. Raises LogUnavailable.

    With a topic: only for those that tell of its records.
    """
    audit = KafkaAuditLog(kafka.topics.audit, client_options(kafka), _TIMEOUT_S)
    await audit.start()
    try:
        bounds = await audit.ranges(range(await audit.partition_count()))
        windows, is_whole = newest_first(bounds, most_records)
        for partition, window in windows:
            if await _tells_of(audit, partition, window, kafka.group, topic):
                return History.WORKED
        return History.NONE if is_whole else History.UNREAD
    finally:
        await audit.stop()


def newest_first(
    bounds: Mapping[int, LogRange], most_records: int
) -> tuple[list[tuple[int, LogRange]], bool]:
    """What to read, window by window, within `most_records` offsets; and whether that is everything."""
    windows: list[tuple[int, LogRange]] = []
    left = {partition: held for partition, held in bounds.items() if held.end > held.begin}
    while left and most_records > 0:
        for partition, held in list(left.items()):
            begin = max(held.begin, held.end - min(_WINDOW_RECORDS, most_records))
            windows.append((partition, LogRange(begin, held.end)))
            most_records -= held.end - begin
            left[partition] = LogRange(held.begin, begin)
            if begin == held.begin:
                del left[partition]
            if most_records == 0:
                break
    return windows, not left


async def _tells_of(
    audit: KafkaAuditLog, partition: int, window: LogRange, group: str, topic: str | None
) -> bool:
    name = orjson.dumps(group)  # as it stands in a record; decoding each would take three times as long
    async for _, value in audit.read(partition, window.begin, window.end):
        found = decode_audit(value) if name in value else None
        if found is not None and found.pipeline == group and topic in (None, found.source.topic):
            return True
    return False
