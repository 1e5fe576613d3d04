"""What a request meets: the sandbox's own faults first, then the checks, then the event's story.

An attempt that the own faults spoil does not count in the event's story.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.adapters.sandbox.checks import Complaint, Expectation, check_headers, read_events
from pipeline.adapters.sandbox.memory import Attempts
from pipeline.adapters.sandbox.stories import Fate, Faults, Mistake, Story, read_story
from pipeline.core.event import Event


@dataclass(frozen=True, slots=True)
class Judgement:
    """The fate of a request; `events` is None when its body holds none that can be read."""

    fate: Fate
    events: int | None
    error: str | None = None


class Judge:
    """Decides the fate of each request; `faults` may be replaced at any time."""

    def __init__(self, expected: Expectation, faults: Faults) -> None:
        self.expected = expected
        self.faults = faults
        self._spoilt = Attempts()
        self._tellers = Tellers()

    def judge(self, headers: Mapping[str, str], body: bytes) -> Judgement:
        """Decide on one more attempt."""
        events = read_events(body, self.expected)
        count = None if isinstance(events, Complaint) else len(events)
        own = self._own_fate(events, body)
        if not own.is_fine:
            return Judgement(own, count, "the sandbox was told to fail")
        told = self._complaint(headers) or self._told(events, own)
        if isinstance(told, Complaint):
            return Judgement(replace(own, status=told.status), count, told.error)
        return Judgement(told, count)

    def forget(self) -> None:
        """Let every story begin anew."""
        self._spoilt.forget()
        self._tellers.forget()

    def _own_fate(self, events: list[Event] | Complaint, body: bytes) -> Fate:
        story = self.faults.story
        if not story.has_steps:
            return story.fate(1)
        if isinstance(events, Complaint) or not events:
            return story.fate(self._spoilt.next(hashlib.sha256(body).digest()))
        return story.fate(self._spoilt.next(event_key(events[0])))

    def _complaint(self, headers: Mapping[str, str]) -> Complaint | None:
        if self.faults.refuse_auth:
            return Complaint(401, "the sandbox was told to refuse every key")
        return check_headers(headers, self.expected)

    def _told(self, events: list[Event] | Complaint, own: Fate) -> Fate | Complaint:
        if isinstance(events, Complaint):
            return events
        fate = self._tellers.fate(events, own)
        return Complaint(400, f"properties.sandbox: {fate.text}") if isinstance(fate, Mistake) else fate


class Tellers:
    """The events' own stories, each at its own attempt."""

    def __init__(self) -> None:
        self._attempts = Attempts()

    def fate(self, events: Iterable[Event], otherwise: Fate) -> Fate | Mistake:
        """The fate of a request with these events: that of the first that is not accepted.

        `otherwise` is met where no story is told; the longest delay counts.
        """
        fates: list[Fate] = []
        for event in events:
            story = story_of(event)
            if isinstance(story, Mistake):
                return story
            fates.append(otherwise if story is None else self._next(event, story))
        first = fates[0] if fates else otherwise
        worst = next((fate for fate in fates if not fate.is_fine), first)
        return replace(worst, delay_ms=max(fate.delay_ms for fate in (otherwise, *fates)))

    def _next(self, event: Event, story: Story) -> Fate:
        return story.fate(self._attempts.next(event_key(event)) if story.has_steps else 1)

    def forget(self) -> None:
        """Let every story begin anew."""
        self._attempts.forget()


def story_of(event: Event) -> Story | Mistake | None:
    """The story in the event's data, if it tells one."""
    properties = event.get("properties")
    if not isinstance(properties, dict) or "sandbox" not in properties:
        return None
    return read_story(properties["sandbox"])


def event_key(event: Event) -> bytes:
    """What makes attempts attempts of one event: its messageId, else its whole content."""
    message_id = event.get("messageId")
    text = message_id if isinstance(message_id, str) else json.dumps(event, sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
