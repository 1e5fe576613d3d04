"""What a contender is told for one run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """Where the events are, where they go, and a folder of the run's own.

    `events_file` and `bodies_file` hold one JSON text a line: events, and the requests' bodies ready made.
    """

    servers: str
    events_topic: str
    audit_topic: str
    dead_letters_topic: str
    replays_topic: str
    group: str
    events_file: Path
    bodies_file: Path
    endpoint: str
    certificate: Path | None
    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
