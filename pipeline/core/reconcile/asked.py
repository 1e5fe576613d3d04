"""What a person asks the books for, and which offsets that means."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.core.commit import LogRange


@dataclass(frozen=True, slots=True)
class Span:
    """What is meant of a source partition: from `begin` up to and without `end`.

    `held` is the oldest offset that the topic still has; `begin` may lie below it.
    """

    begin: int
    end: int
    held: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is meant."""
        return self.begin >= self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be reconciled.

    `begin` and `end` are offsets by partition of the events topic; when any is given, only these
    partitions are meant. Times are Unix milliseconds. Without `to_end` nothing behind the commits
    of the group `pipeline` is judged. `pass_` None means the newest of each partition. Of each kind
    of mistake and partition `most_findings` are named.
    """

    pipeline: str
    begin: Mapping[int, int] = field(default_factory=dict)
    end: Mapping[int, int] = field(default_factory=dict)
    since_ms: int | None = None
    until_ms: int | None = None
    to_end: bool = False
    pass_: int | None = None
    most_findings: int = 20

    def span(
        self, events_partition: int | None, held: LogRange, since: int | None, until: int | None
    ) -> Span:
        """What is meant of a partition: of the events topic, or None for one of the replays.

        `since` and `until` are the offsets that the times stand for there.
        """
        begin, end = 0, held.end
        if self.begin or self.end:
            if events_partition is None or events_partition not in self.begin.keys() | self.end.keys():
                return Span(0, 0, held.begin)
            begin = self.begin.get(events_partition, begin)
            end = min(end, self.end.get(events_partition, end))
        return Span(
            begin if since is None else max(begin, since),
            end if until is None else min(end, until),
            held.begin,
        )
