"""Three independent records held against each other: the input, the audit, and what the sandbox took.

A part is one event under one mapping. That every record has its outcomes, each once, is for
`pipeline.core.accounted` to say; here stands what only the sandbox's own log can tell.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

Part = tuple[str, str]
"""A message id and the name of a mapping."""


class Fate(Enum):
    """What an attempt came to, as the sandbox sees it."""

    ACCEPTED = "accepted"
    DOUBTFUL = "doubtful"
    """Nobody answered to the end, or the answer was 500, 502 or 504."""
    NOT_TAKEN = "not taken"


@dataclass(frozen=True, slots=True)
class Event:
    """A record of the input and the lanes it stands in."""

    partition: int
    offset: int
    message_id: str | None
    lanes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A part's outcome on the audit topic that counts: `number` of its record, published `at_ms`."""

    part: Part
    number: int
    is_delivered: bool
    is_flagged: bool
    worker: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """An attempt of a worker for a part; arrivals stand in the order in which the sandbox read them."""

    part: Part
    at_ms: int
    fate: Fate
    sender: str = ""


@dataclass(slots=True)
class Findings:
    """What was found; nothing in `breaches` is what every run must end with.

    `doubled` are parts of which an earlier attempt than the last may have been taken; `suspected` are
    the message ids of flagged records of which none was. Both name the worker that gave the outcome.
    `repeated` counts for each worker what may have been taken from it and was sent by a later one.
    """

    breaches: list[str] = field(default_factory=list)
    doubled: dict[Part, str] = field(default_factory=dict)
    doubled_unflagged: set[Part] = field(default_factory=set)
    flagged: set[Part] = field(default_factory=set)
    suspected: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    repeated: Counter[str] = field(default_factory=Counter)


def compare(
    events: Sequence[Event], told: Sequence[Told], arrivals: Sequence[Arrival], *, has_zombies: bool
) -> Findings:
    """Hold them against each other. Without zombies (stalled workers) nothing that is audited is sent."""
    by_part: defaultdict[Part, list[int]] = defaultdict(list)
    for number, arrival in enumerate(arrivals):
        by_part[arrival.part].append(number)
    findings = Findings()
    outcomes = {outcome.part: outcome for outcome in told}
    for part, outcome in outcomes.items():
        attempts = [arrivals[number] for number in by_part[part]]
        _weigh(outcome, attempts, findings)
        findings.breaches += _deliveries(outcome, attempts)
        if not has_zombies:
            findings.breaches += _late(outcome, attempts)
    findings.breaches += [f"{part} was sent and is not audited" for part in by_part if part not in outcomes]
    findings.breaches += _order(events, outcomes, by_part, arrivals)
    return findings


def _weigh(outcome: Told, attempts: Sequence[Arrival], findings: Findings) -> None:
    is_doubled = any(attempt.fate is not Fate.NOT_TAKEN for attempt in attempts[:-1])
    findings.repeated.update(_repeated(attempts))
    if is_doubled:
        findings.doubled[outcome.part] = outcome.worker
        if not outcome.is_flagged:
            findings.doubled_unflagged.add(outcome.part)
            findings.breaches.append(f"{outcome.part} was sent again without a mark: {_fates(attempts)}")
    if outcome.is_flagged:
        findings.flagged.add(outcome.part)
        if not is_doubled:
            findings.suspected[outcome.worker].add(outcome.part[0])


def _repeated(attempts: Sequence[Arrival]) -> set[str]:
    """The workers whose attempts others repeated though they may have been taken."""
    return {
        attempt.sender
        for at, attempt in enumerate(attempts)
        if attempt.fate is not Fate.NOT_TAKEN
        and any(later.sender != attempt.sender for later in attempts[at + 1 :])
    }


def _deliveries(outcome: Told, attempts: Sequence[Arrival]) -> Iterator[str]:
    is_accepted = any(attempt.fate is Fate.ACCEPTED for attempt in attempts)
    if outcome.is_delivered and not is_accepted:
        yield f"{outcome.part} is delivered and was never accepted: {_fates(attempts)}"


def _late(outcome: Told, attempts: Sequence[Arrival]) -> Iterator[str]:
    late = [attempt for attempt in attempts if attempt.at_ms > outcome.at_ms]
    if late:
        yield f"{outcome.part} was sent {late[0].at_ms - outcome.at_ms} ms after its outcome was published"


def _fates(attempts: Sequence[Arrival]) -> str:
    return ", ".join(f"{attempt.fate.value} at {attempt.at_ms}" for attempt in attempts) or "no arrival"


def _order(
    events: Sequence[Event],
    outcomes: Mapping[Part, Told],
    by_part: Mapping[Part, Sequence[int]],
    arrivals: Sequence[Arrival],
) -> Iterator[str]:
    """Each lane of each partition by itself: a lane is an identity that events name."""
    sent: defaultdict[str, list[Told]] = defaultdict(list)
    for outcome in sorted(outcomes.values(), key=lambda outcome: outcome.number):
        if by_part.get(outcome.part):
            sent[outcome.part[0]].append(outcome)
    lanes: defaultdict[tuple[int, str], list[_Sent]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.offset):
        for outcome in sent.get(event.message_id or "", ()):
            attempts = [(at, arrivals[at].fate) for at in by_part[outcome.part]]
            for lane in event.lanes:
                lanes[event.partition, lane].append(_Sent.of(outcome, attempts))
    for parts in lanes.values():
        yield from _overtaking(parts)
        yield from _stragglers(parts)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A part in its lane; the numbers are places in the sandbox's log.

    `released` is where the next one may follow: its first acceptance, if it was ever delivered.
    """

    outcome: Told
    first: int
    last: int
    released: int

    @classmethod
    def of(cls, outcome: Told, attempts: Sequence[tuple[int, Fate]]) -> "_Sent":
        """From all arrivals of a part."""
        first, last = attempts[0][0], attempts[-1][0]
        accepted = [at for at, fate in attempts if fate is Fate.ACCEPTED]
        return cls(outcome, first, last, accepted[0] if outcome.is_delivered and accepted else first)


def _overtaking(lane: Sequence[_Sent]) -> Iterator[str]:
    """A part first arrives only after every delivered one before it was accepted, every other was tried."""
    behind: _Sent | None = None
    for sent in lane:
        if behind is not None and sent.first < behind.released:
            yield f"{sent.outcome.part} arrived before {behind.outcome.part} had its end"
        if behind is None or sent.released > behind.released:
            behind = sent


def _stragglers(lane: Sequence[_Sent]) -> Iterator[str]:
    """A part arrives behind a later one only as a repetition that is marked."""
    ahead: _Sent | None = None
    for sent in reversed(lane):
        if ahead is not None and sent.last > ahead.first and not sent.outcome.is_flagged:
            yield f"{sent.outcome.part} arrived after {ahead.outcome.part}, without a mark"
        if ahead is None or sent.first < ahead.first:
            ahead = sent
