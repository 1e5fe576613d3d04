"""Back-pressure: how many records and bytes may be between the source and the audit topic."""

import asyncio


class InFlightBudget:
    """Bounds what is in memory, whatever the backlog: Kafka is the buffer.

    A single record larger than `max_bytes` is let in when nothing else is in flight.
    """

    def __init__(self, max_events: int, max_bytes: int) -> None:
        self.max_events = max_events
        self.max_bytes = max_bytes
        self.events = 0
        self.bytes = 0
        self._freed = asyncio.Event()

    @property
    def room(self) -> int:
        """How many more records may be taken in now; 0 when the bytes are used up."""
        if self.bytes >= self.max_bytes:
            return 0
        return max(0, self.max_events - self.events)

    def share(self, partitions: int) -> int:
        """How many records each of so many partitions may have in flight.

        Twice an even part: a busy partition may use what idle ones leave, and the doubt that a crash
        leaves, this many records of every partition, stays below two budgets. Never more than a quarter:
        with as many that wait, and a third that is read at once, others still get through.
        """
        if partitions <= 1:
            return self.max_events
        return max(1, min(self.max_events // 4, -(-2 * self.max_events // partitions)))

    def take(self, size_bytes: int, events: int = 1) -> None:
        """Records were received."""
        self.events += events
        self.bytes += size_bytes

    def give_back(self, size_bytes: int, events: int = 1) -> None:
        """Records were settled, or dropped with their assignment."""
        self.events -= events
        self.bytes -= size_bytes
        self._freed.set()

    async def freed(self) -> None:
        """Wait until something was given back."""
        self._freed.clear()
        await self._freed.wait()
