"""What the sandbox received, in order: the newest within bounds, the rest as counts."""

import json
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from pipeline.core.event import Json

_MAX_BODIES_BYTES: Final = 256 * 1024 * 1024
_MAX_COUNTED_EVENTS: Final = 200_000


@dataclass(slots=True)
class Received:
    """One request; `status` stays None while it is under way, and when its client went away."""

    seq: int
    received_at_ms: int
    headers: dict[str, str]
    body: bytes
    events: int | None = None
    status: int | None = None
    fault: str = "none"
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For orjson; the body goes in as it came, or as text when it is not JSON."""
        is_json = _is_json(self.body)
        return {
            "seq": self.seq,
            "received_at_ms": self.received_at_ms,
            "headers": self.headers,
            "status": self.status,
            "fault": self.fault,
            "error": self.error,
            "body": orjson.Fragment(self.body) if is_json else None,
            "text": None if is_json else self.body.decode(errors="replace"),
        }


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body.decode())
    except (ValueError, RecursionError):
        return False
    return True


@dataclass(slots=True)
class Tally:
    """Counts since the start or since the memory was wiped."""

    requests: int = 0
    events: int = 0
    accepted_events: int = 0
    by_status: Counter[int] = field(default_factory=Counter)
    by_fault: Counter[str] = field(default_factory=Counter)
    max_in_flight: int = 0


class Memory:
    """Received requests, at most `max_requests` and 256 MiB of bodies; the oldest go first."""

    def __init__(self, max_requests: int) -> None:
        self._max_requests = max_requests
        self._kept: deque[Received] = deque()
        self._kept_bytes = 0
        self._next_seq = 1
        self._in_flight = 0
        self._tally = Tally()

    def open(self, now_ms: int, headers: dict[str, str], body: bytes) -> Received:
        """Remember a request that has just come in."""
        received = Received(self._next_seq, now_ms, headers, body)
        self._next_seq += 1
        self._kept.append(received)
        self._kept_bytes += len(body)
        while len(self._kept) > self._max_requests or self._kept_bytes > _MAX_BODIES_BYTES:
            self._kept_bytes -= len(self._kept.popleft().body)
        self._tally.requests += 1
        self._in_flight += 1
        self._tally.max_in_flight = max(self._tally.max_in_flight, self._in_flight)
        return received

    def close(self, received: Received) -> None:
        """Count a request that is over, answered or not."""
        self._in_flight -= 1
        self._tally.events += received.events or 0
        self._tally.by_fault[received.fault] += 1
        if received.status is None:
            return
        self._tally.by_status[received.status] += 1
        if received.fault == "none" and received.status < 300:  # noqa: PLR2004 (2xx is success)
            self._tally.accepted_events += received.events or 0

    def since(self, seq: int, limit: int | None = None) -> list[Received]:
        """The requests after number `seq` that are still kept, oldest first."""
        return [received for received in self._kept if received.seq > seq][:limit]

    def counts(self) -> dict[str, Json]:
        """All counts, as JSON."""
        tally = self._tally
        return {
            "requests": tally.requests,
            "events": tally.events,
            "accepted_events": tally.accepted_events,
            "by_status": {str(status): count for status, count in sorted(tally.by_status.items())},
            "by_fault": dict(sorted(tally.by_fault.items())),
            "in_flight": self._in_flight,
            "max_in_flight": tally.max_in_flight,
            "kept": len(self._kept),
        }

    def forget(self) -> None:
        """Wipe requests and counts; numbers go on, requests under way stay under way."""
        self._kept.clear()
        self._kept_bytes = 0
        self._tally = Tally(max_in_flight=self._in_flight)


class Attempts:
    """How often each event was tried: the newest 200,000 events."""

    def __init__(self) -> None:
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    def next(self, event_key: bytes) -> int:
        """Count one more attempt; answers its number, from 1."""
        attempt = self._counts.pop(event_key, 0) + 1
        self._counts[event_key] = attempt
        if len(self._counts) > _MAX_COUNTED_EVENTS:
            self._counts.popitem(last=False)
        return attempt

    def forget(self) -> None:
        """Start every event anew."""
        self._counts.clear()
