"""What a request is to meet, as a story: the n-th attempt gets the n-th step, the last repeats.

A story is told by the sandbox's own faults, or by an event in `properties.sandbox`:
`{"status": "429,500,200", "fault": "reset,none", "retry_after": 1, "delay_ms": 50}`.
"""

import email.utils
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.core.event import Json
from pipeline.core.request import is_legal_header_value

FINE: Final = 200
_FIRST_STATUS: Final = 200
_LAST_STATUS: Final = 599
_REDIRECTS: Final = 300
_DATE_PREFIX: Final = "date+"
_MOST_DIGITS: Final = 9
"""Of seconds ahead: thirty years, which a date can still say."""
_LONGEST_DELAY_MS: Final = 24 * 3600 * 1000


class Fault(StrEnum):
    """How an answer can go wrong below its status."""

    NONE = "none"
    RESET = "reset"
    STALL = "stall"
    TRUNCATE = "truncate"


@dataclass(frozen=True, slots=True)
class Fate:
    """What one attempt meets."""

    status: int = FINE
    fault: Fault = Fault.NONE
    retry_after: str | None = None
    delay_ms: int = 0

    @property
    def is_fine(self) -> bool:
        """Whether the attempt is accepted, delayed or not."""
        return self.fault is Fault.NONE and _FIRST_STATUS <= self.status < _REDIRECTS

    def retry_after_header(self, now_s: float) -> str | None:
        """The header to send: none on success, an HTTP date for `date+SECONDS`, else as told."""
        told = self.retry_after
        if told is None or self.is_fine:
            return None
        ahead_s = told.removeprefix(_DATE_PREFIX)
        if told == ahead_s or not ahead_s.isdecimal():
            return told
        return email.utils.formatdate(now_s + int(ahead_s), usegmt=True)


@dataclass(frozen=True, slots=True)
class Story:
    """Statuses and faults by attempt; Retry-After goes with every status that is no success."""

    statuses: tuple[int, ...] = (FINE,)
    faults: tuple[Fault, ...] = (Fault.NONE,)
    retry_after: str | None = None
    delay_ms: int = 0

    @property
    def has_steps(self) -> bool:
        """Whether attempts differ, so that they must be counted."""
        return len(self.statuses) > 1 or len(self.faults) > 1

    def fate(self, attempt: int) -> Fate:
        """What the attempt, counted from 1, meets."""
        status = self.statuses[min(attempt, len(self.statuses)) - 1]
        fault = self.faults[min(attempt, len(self.faults)) - 1]
        return Fate(status, fault, self.retry_after, self.delay_ms)


NO_STORY: Final = Story()


@dataclass(frozen=True, slots=True)
class Faults:
    """The sandbox's own faults: every event meets `story`; `refuse_auth` takes no credentials."""

    story: Story = NO_STORY
    refuse_auth: bool = False

    def as_json(self) -> dict[str, Json]:
        """The form that `read_faults` reads."""
        return {
            "status": ",".join(str(status) for status in self.story.statuses),
            "fault": ",".join(self.story.faults),
            "retry_after": self.story.retry_after,
            "delay_ms": self.story.delay_ms,
            "refuse_auth": self.refuse_auth,
        }


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why something cannot be read, with the name of the key."""

    text: str


def read_faults(value: Json) -> Faults | Mistake:
    """The sandbox's faults from their JSON object."""
    if not isinstance(value, dict):
        return Mistake("faults are an object")
    refuse_auth = value.get("refuse_auth", False)
    if not isinstance(refuse_auth, bool):
        return Mistake("refuse_auth: true or false")
    story = read_story({key: told for key, told in value.items() if key != "refuse_auth"})
    return story if isinstance(story, Mistake) else Faults(story, refuse_auth)


def read_story(value: Json) -> Story | Mistake:
    """A story from its JSON object; every key may be left out."""
    if not isinstance(value, dict):
        return Mistake("a story is an object")
    unknown = value.keys() - {"status", "fault", "retry_after", "delay_ms"}
    if unknown:
        return Mistake(f"unknown key {min(unknown)}; known are status, fault, retry_after, delay_ms")
    statuses = _statuses(value.get("status", FINE))
    faults = _faults(value.get("fault", Fault.NONE))
    retry_after = _retry_after(value.get("retry_after"))
    delay_ms = _delay_ms(value.get("delay_ms", 0))
    if isinstance(statuses, Mistake):
        return statuses
    if isinstance(faults, Mistake):
        return faults
    if isinstance(retry_after, Mistake):
        return retry_after
    if isinstance(delay_ms, Mistake):
        return delay_ms
    return Story(statuses, faults, retry_after, delay_ms)


def _words(value: Json) -> list[str]:
    return [word.strip() for word in str(value).split(",")]


def _statuses(value: Json) -> tuple[int, ...] | Mistake:
    words = _words(value)
    statuses = tuple(int(word) for word in words if word.isdecimal() and len(word) == len("200"))
    if len(statuses) != len(words) or not all(_FIRST_STATUS <= s <= _LAST_STATUS for s in statuses):
        return Mistake("status: one or more of 200 to 599, such as 429,500,200")
    return statuses


def _faults(value: Json) -> tuple[Fault, ...] | Mistake:
    words = _words(value)
    if not all(word in set(Fault) for word in words):
        return Mistake(f"fault: one or more of {', '.join(Fault)}, such as reset,none")
    return tuple(Fault(word) for word in words)


def _retry_after(value: Json) -> str | Mistake | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or not _is_header(str(value)):
        return Mistake("retry_after: seconds, date+SECONDS, or the header's text")
    ahead = str(value).removeprefix(_DATE_PREFIX)
    if ahead != str(value) and ahead.isdecimal() and len(ahead) > _MOST_DIGITS:
        return Mistake(f"retry_after: date+SECONDS has at most {_MOST_DIGITS} digits")
    return str(value)


def _is_header(text: str) -> bool:
    return is_legal_header_value(text) and text == text.strip()


def _delay_ms(value: Json) -> int | Mistake:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LONGEST_DELAY_MS:
        return Mistake("delay_ms: a whole number of milliseconds, at most a day")
    return value
